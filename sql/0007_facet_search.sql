-- An item is found by the PDQ of any of its pictures.

CREATE INDEX facet_by_pdq ON facet (pdq);
