from . import ecom_statement_pay
