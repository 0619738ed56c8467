from . import fonts
from . import paper
