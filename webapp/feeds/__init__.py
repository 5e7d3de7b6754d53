"""What machines fetch by themselves: feeds, the sitemap, robots.txt and llms.txt."""
