"""Adds to a site a search in its pages. The search works without a server."""

from glc_analysis.addon import AddOn

ADD_ON = AddOn("search", "The search in a site.", site_addition="site_search:make_site_search",
               style="search.css")
