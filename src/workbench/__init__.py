"""Customer analytics that is accurate per market, explainable, lawful and frugal: the map.

Notebooks compose, modules compute. Each module answers one question; imports go down only.

    report      runs notebook x market and renders the HTML that stakeholders read
    churn       who is likely to leave, and why
    emissions   what every step cost in energy and carbon
    crm         what we hold about customers: the data contract, its sources, the sample
    market      what is particular to a market: a params file, read and checked
    charts      how figures and tables look
    outputs     where the results of a market go
    errors      what is said when an input cannot be used; never a password
"""
