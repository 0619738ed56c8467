# In the order of the flow: purchase, receipt, invoice, terms, statement, confirm, pay.
from . import res_partner
