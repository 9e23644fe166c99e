"""What the rendered world is made of: the values of every attribute that a query can name."""

Colour = tuple[int, int, int]

COLOURS: dict[str, Colour] = {
    "red": (226, 32, 38),
    "green": (32, 190, 50),
    "blue": (44, 84, 240),
    "yellow": (244, 222, 36),
    "white": (246, 246, 246),
    "purple": (172, 48, 206),
    "orange": (250, 138, 20),
    "cyan": (40, 216, 226),
}
"""Colours of shapes; bright, against dark backgrounds."""

SHAPES = ("circle", "square", "triangle", "cross", "ring", "star", "heart", "moon")
ROUND = frozenset({"circle", "ring"})
"""Shapes that look the same when they turn: they never spin."""

SIZES = ("small", "big")

PATTERNS = ("plain", "striped", "checkered", "dotted", "wavy", "brick")

TINTS: dict[str, Colour] = {
    "grey": (88, 88, 92),
    "brown": (96, 62, 36),
    "navy": (22, 34, 92),
    "maroon": (96, 22, 44),
    "olive": (70, 78, 24),
    "teal": (12, 82, 86),
    "black": (16, 16, 20),
}
"""Colours of backgrounds; none is the name of a shape's colour."""

STATIONARY = ("stays still", "spins", "blinks", "grows", "shrinks", "shakes")
SIDES = ("left", "right", "top", "bottom")
HEADINGS = ("left", "right", "up", "down")
MOVES = tuple(f"moves {heading}" for heading in HEADINGS)
ENTERS = tuple(f"enters from the {side}" for side in SIDES)
LEAVES = tuple(f"leaves to the {side}" for side in SIDES)
MEETS = "meets"
ACTIONS = (*STATIONARY, *MOVES, *ENTERS, *LEAVES, MEETS)
"""What a shape can be made to do."""

PLACES = ("left", "middle", "right")

WORDS = (
    "SUN",
    "MOON",
    "TREE",
    "BIRD",
    "FISH",
    "LAMP",
    "BOOK",
    "DOOR",
    "RAIN",
    "SNOW",
    "WIND",
    "FIRE",
    "LEAF",
    "STAR",
    "SHIP",
    "ROAD",
    "HILL",
    "LAKE",
    "SALT",
    "MILK",
    "CAKE",
    "BEAR",
    "WOLF",
    "FROG",
    "GOAT",
    "LION",
    "DUCK",
    "KITE",
    "DRUM",
    "BELL",
    "GOLD",
    "IRON",
    "ROSE",
    "CORN",
    "SILK",
)
NUMBERS = tuple(str(number) for number in range(10, 100))

SPEAKERS = ("Anna", "Ben", "Clara", "David", "Emma", "Felix")
OBJECTS = (
    "key",
    "umbrella",
    "passport",
    "guitar",
    "ticket",
    "violin",
    "camera",
    "ladder",
    "telescope",
    "suitcase",
    "hammer",
    "compass",
    "blanket",
    "necklace",
    "bicycle",
    "lantern",
    "mirror",
    "teapot",
    "wallet",
    "helmet",
)
REMARKS = (
    "I have lost my {}.",
    "Where did you put the {}?",
    "I would like to buy a {}.",
    "Please give the {} back to me.",
    "Nobody has repaired the {} yet.",
)
"""What is said; each takes one of `OBJECTS`."""
