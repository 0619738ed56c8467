# In the order of the flow. No file imports from a later room; Odoo's own documents call the steps of all.
from . import setup
from . import match
from . import explain
from . import post
from . import report
from . import api
from . import documents
