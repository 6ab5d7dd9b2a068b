"""Running a notebook: a kernel started for it, its cells executed under limits, evidence left behind."""
