# In the order of the flow. No file imports from a later room; Odoo's own documents call the steps of all.
from . import kernel
from . import setup
from . import bills
from . import orders
from . import documents
