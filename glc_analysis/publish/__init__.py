"""From pages to what people hold in their hands: the site and its downloads."""
