"""What the commands share: a package, so that its modules have one name from everywhere."""
