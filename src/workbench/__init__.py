"""Customer analytics that is accurate per market, explainable, lawful and frugal: the map.

Notebooks compose, modules compute. Each module answers one question; imports go down only.

    report      runs notebook x market and renders the HTML that stakeholders read
    sentiment   what customers feel, in their own languages
    churn       who is likely to leave, and whom to contact first
    value       what customers are worth, how sure that is, and what follows
    emissions   what every step cost in energy and carbon
    explain     why a model says so, in the market's language and its regime's form
    crm         what we hold about customers: the data contract, its sources, the sample
    market      what is particular to a market: a params file, read and checked
    charts      how figures and tables look
    outputs     where the results of a market go
    ledger      what every step took, one line each
    personal    what is personal in a text, masks and pseudonyms
    processor   how many cores may be used, loops compiled
    words       names and numbers as people read them
    intervals   shares, means and calibration with their intervals
    errors      what is said when an input cannot be used; never a password
"""
