"""Measures agreement of coders on ordered ratings, for values that an analyst enters in a notebook."""

from glc_analysis.addon import AddOn

ADD_ON = AddOn(
    "ordinal", "Agreement of coders on ratings in an order.", needs=("coefficients",),
    front_door={"ordinal_agreement": "ordinal_agreement:ordinal_agreement",
                "weighted_kappa": "ordinal_agreement:weighted_kappa",
                "gwet_ac2": "ordinal_agreement:gwet_ac2"})
