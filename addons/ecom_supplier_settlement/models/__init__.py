# In the order of the flow; a stage imports from itself and from what is above it.
from . import setup
from . import receipt
from . import invoice
from . import threeway
from . import accrual
from . import terms
from . import statement
from . import payment
from . import api

# Odoo's documents call the steps of all stages.
from . import documents
