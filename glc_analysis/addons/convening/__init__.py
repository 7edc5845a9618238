"""From evidence to principles that organisations agree on and sign: statements, ballots, the day itself."""

from glc_analysis.addon import AddOn

ADD_ON = AddOn(
    "convening", "The convening: principles, rounds of rating, results, signatures and packets.",
    commands={"Facilitator": "commands:COMMANDS"},
    slots={"overview": "pages.slots:principle_links", "country": "pages.slots:show_country_principles",
           "methods": "pages.slots:method_facts"})
