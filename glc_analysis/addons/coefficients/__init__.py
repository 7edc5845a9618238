"""Computes coefficients of agreement between coders, for values that an analyst enters in a notebook."""

from glc_analysis.addon import AddOn

ADD_ON = AddOn(
    "coefficients", "Coefficients of agreement for values that an analyst enters.",
    front_door={name: f"coefficients:{name}" for name in (
        "krippendorff_alpha", "cohens_kappa", "fleiss_kappa", "gwet_ac1", "pabak", "percent_agreement",
        "specific_agreement")})
