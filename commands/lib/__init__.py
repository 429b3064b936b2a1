"""What the commands share: a package, so that its modules have one name from everywhere."""

import gc

gc.set_threshold(20_000)  # with 700, Python looks for garbage 19 times while the modules load
