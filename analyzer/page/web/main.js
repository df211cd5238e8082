/* SPDX-License-Identifier: PostgreSQL
 * main.js - begins, with the call site that the report names first. */
beginHead();
beginChart();
beginSites();
beginIcicle();
beginLanes();
beginRest();
chosen.site = (data.findings[0] && siteOf(data.findings[0].site)) || data.sites.find(site => site.site > 0) || null;
changed();
