"""From pages to what people hold in their hands: the site, packets, downloads, the deposit."""
