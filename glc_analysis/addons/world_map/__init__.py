"""Draws a map of the world, on which equal marks show the countries where organisations took part, but not
how many."""

from glc_analysis.addon import AddOn

ADD_ON = AddOn(
    "world_map", "A map of the world that marks where somebody took part.",
    slots={"map": "world_map:render_map_of_work_countries"},
    front_door={"country_map": "world_map:render_map_of_work_countries"})
