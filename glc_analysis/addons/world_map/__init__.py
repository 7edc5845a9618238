"""Draws a map of the world. Marks of equal size show the countries in which organisations took part; the map
does not show how many organisations took part."""

from glc_analysis.addon import AddOn

ADD_ON = AddOn(
    "world_map", "A map of the world that marks where somebody took part.",
    slots={"map": "world_map:render_map_marking_work_countries"},
    front_door={"country_map": "world_map:render_map_marking_work_countries"})
