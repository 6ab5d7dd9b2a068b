"""How far a run is: for teaching assistants, and for a student whose notebook is previewed."""

TEXTS = {
    "note": "note: {note}",
    "done": "{finished} of {total}",
    "cell": "cell {cell} of {cells}",
    "starting": "starting",
    "starting_tensorflow": "starting TensorFlow",
    "seconds_left": "about {seconds} s left",
    "minutes_left": "about {minutes} min left",
    "hours_left": "about {hours} h {minutes} min left",
}
