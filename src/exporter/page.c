/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See page.h. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../base/xml.h"
#include "../client/control_client.h"
#include "../status/advice.h"
#include "../status/verdict.h"
#include "../timeline/picture.h"
#include "page.h"

#define LINE   22
#define LETTER 8 /* pixels of 14, about */
#define TOP    20

/*
 * The pair side by side, and for a phone one above the other: a picture that
 * is only made smaller cannot be read there. CSS shows one of them.
 */
struct layout {
	const char *class;
	int width, box_width;
	bool is_stacked;
};
static const struct layout layouts[] = {
	{"wide", 900, 300, false},
	{"narrow", 400, 398, true},
};

static void put_age(FILE *out, int64_t age_ms)
{
	if (age_ms < 0)
		fputs("never heard", out);
	else if (age_ms < 10000)
		fprintf(out, "%lld ms ago", (long long)age_ms);
	else if (age_ms < 7200000)
		fprintf(out, "%lld s ago", (long long)age_ms / 1000);
	else
		fprintf(out, "%lld h ago", (long long)age_ms / 3600000);
}

/* Shape as well as colour: good is solid, half dashed, bad dotted. */
static const char *link_class(const char *state)
{
	if (!strcmp(state, "up") || !strcmp(state, "sending"))
		return "good";
	return !strcmp(state, "half") ? "half" : "bad";
}

static const char *verdict_class(enum verdict verdict)
{
	if (verdict == VERDICT_WELL)
		return "good";
	return verdict <= VERDICT_NO_STANDBY ? "half" : "bad";
}

static void begin_text(FILE *out, int x, int y, const char *class)
{
	fprintf(out, "<text x=\"%d\" y=\"%d\" class=\"%s\">", x, y, class);
}

static void text_line(FILE *out, int x, int y, const char *class,
		      const char *before, const char *text)
{
	begin_text(out, x, y, class);
	fputs(before, out);
	xml_put(out, text);
	fputs("</text>\n", out);
}

/* ---- the two nodes ---- */

static bool is_owner(const json_t *status, const json_t *instance, bool is_self)
{
	if (is_self)
		return status_is_master(instance);
	return status_has_name(
		json_object_get(json_object_get(status, "peer"), "owns"),
		client_string(instance, "name"));
}

/* A long one is set closer, so that it stays in its box. */
static void write_address(FILE *out, int x, int y, int width, const char *text)
{
	fprintf(out, "<text x=\"%d\" y=\"%d\" class=\"address\"", x, y);
	if ((int)strlen(text) * LETTER > width)
		fprintf(out,
			" textLength=\"%d\" lengthAdjust=\"spacingAndGlyphs\"",
			width);
	fputs(">", out);
	xml_put(out, text);
	fputs("</text>\n", out);
}

/* Returns the height that its lines took. */
static int write_node(FILE *out, const json_t *status, bool is_self, int x,
		      int top, int width)
{
	const json_t *peer = json_object_get(status, "peer"), *item, *address;
	const json_t *of = is_self ? status : peer;
	const char *name = client_string(of, "node");
	int y = top + 30;
	size_t i, k;

	text_line(out, x + 14, y, "name", "", name);
	text_line(out, x + 14, y += LINE, "small", is_self ? "this node, " : "",
		  is_self ? (client_true(of, "fit") ? "fit" : "not fit")
			  : client_string(peer, "state"));
	json_array_foreach(json_object_get(status, "instances"), i, item)
	{
		if (!is_owner(status, item, is_self))
			continue;
		text_line(out, x + 14, y += LINE + 4, "vip", "\xe2\x97\x8f ",
			  client_string(item, "name"));
		json_array_foreach(json_object_get(item, "addresses"), k,
				   address)
		{
			const char *text = json_string_value(address);

			if (k < 6)
				write_address(out, x + 30, y += LINE,
					      width - 44, text ? text : "?");
		}
		if (k > 6) {
			begin_text(out, x + 30, y += LINE, "small");
			fprintf(out, "and %zu more</text>\n", k - 6);
		}
	}
	json_array_foreach(
		json_object_get(json_object_get(status, "fence"), "plugs"), i,
		item)
	{
		if (strcmp(client_string(item, "node"), name) != 0)
			continue;
		begin_text(out, x + 14, y += LINE, "small");
		fputs("power: ", out);
		xml_put(out, client_string(item, "device"));
		fputs(" plug ", out);
		xml_put(out, client_string(item, "plug"));
		fputs(": ", out);
		xml_put(out, client_string(item, "state"));
		fputs(client_true(item, "proven") ? "" : ", not proven", out);
		fputs("</text>\n", out);
	}
	return y - top + LINE;
}

/* ---- between them ---- */

static int write_links(FILE *out, const json_t *status, int left, int right,
		       int top)
{
	int y = top + 24;
	const json_t *link;
	size_t i;

	json_array_foreach(json_object_get(status, "links"), i, link)
	{
		const char *state = client_string(link, "state");

		begin_text(out, (left + right) / 2, y, "label");
		xml_put(out, client_string(link, "name"));
		fputs(": ", out);
		xml_put(out, state);
		if (strcmp(state, "sending") != 0) {
			fputs(", ", out);
			put_age(out, client_number(link, "age_ms", -1));
		}
		fprintf(out,
			"</text>\n<line class=\"link %s\" x1=\"%d\" y1=\"%d\" "
			"x2=\"%d\" y2=\"%d\"/>\n",
			link_class(state), left, y + 8, right, y + 8);
		y += 2 * LINE;
	}
	return y - top;
}

/* Its frame says it without a colour: thick, an owner; broken, not alive. */
static const char *box_class(const json_t *status, bool is_self)
{
	const json_t *peer = json_object_get(status, "peer"), *item;
	bool is_here = is_self || !strcmp(client_string(peer, "state"), "up");
	size_t i;

	json_array_foreach(json_object_get(status, "instances"), i, item)
	{
		if (is_owner(status, item, is_self))
			return is_here ? "node owner" : "node owner gone";
	}
	return is_here ? "node" : "node gone";
}

static void write_box(FILE *out, const struct layout *layout, const char *class,
		      int x, int top, int height)
{
	fprintf(out,
		"<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%d\" "
		"height=\"%d\" rx=\"8\"/>\n",
		class, x + 1, top, layout->box_width - 2, height);
}

static void write_picture(FILE *out, const json_t *status,
			  const struct layout *layout)
{
	int self_height, peer_height, links_height, height, peer_top = TOP;
	int right = layout->width - layout->box_width;
	char *text = NULL;
	size_t size = 0;
	/* the boxes are as high as what is in them */
	FILE *inside = open_memstream(&text, &size);

	if (!inside)
		return;
	self_height =
		write_node(inside, status, true, 0, TOP, layout->box_width);
	if (layout->is_stacked) {
		right = 0;
		links_height =
			write_links(inside, status, 60, layout->width - 60,
				    TOP + self_height);
		peer_top += self_height + links_height;
	} else {
		links_height =
			write_links(inside, status, layout->box_width + 10,
				    right - 10, TOP);
	}
	peer_height = write_node(inside, status, false, right, peer_top,
				 layout->box_width);
	if (!layout->is_stacked && peer_height > self_height)
		self_height = peer_height;
	else if (!layout->is_stacked)
		peer_height = self_height;
	height = peer_top + peer_height;
	if (height < TOP + links_height)
		height = TOP + links_height;
	if (!fclose(inside)) {
		fprintf(out,
			"<svg class=\"%s\" viewBox=\"0 0 %d %d\" role=\"img\" "
			"aria-label=\"the pair\">\n",
			layout->class, layout->width, height + 10);
		write_box(out, layout, box_class(status, true), 0, TOP,
			  self_height);
		write_box(out, layout, box_class(status, false), right,
			  peer_top, peer_height);
		fprintf(out, "%s</svg>\n", text);
	}
	free(text);
}

static void write_alerts(FILE *out, const json_t *status)
{
	const json_t *alerts = json_object_get(status, "alerts"), *alert;
	size_t i;

	fprintf(out, "<h2>Alerts: %zu</h2>\n", json_array_size(alerts));
	json_array_foreach(alerts, i, alert)
	{
		enum advice_weight weight;
		const char *advice =
			advice_find(client_string(alert, "name"), &weight);

		fprintf(out, "<p class=\"alert %s\"><b>",
			weight == ADVICE_BAD ? "bad" : "half");
		xml_put(out, client_string(alert, "name"));
		fputs("</b> ", out);
		xml_put(out, client_string(alert, "text"));
		if (advice) {
			fputs("<br><i>", out);
			xml_put(out, advice);
			fputs("</i>", out);
		}
		fputs("</p>\n", out);
	}
}

/* ---- the page ---- */

static const char style[] =
	"body{font:16px/1.4 sans-serif;margin:1rem auto;max-width:960px;"
	"padding:0 1rem;color:#222;background:#fff}"
	"h1{font-size:1.2rem;padding:.6rem;border-left:.6rem solid}"
	"h2{font-size:1rem}svg{width:100%;overflow:visible}.narrow{display:"
	"none}"
	".old svg{opacity:.4}"
	"@media(max-width:640px){.wide{display:none}.narrow{display:block}}"
	"h1,p{overflow-wrap:anywhere}"
	".alert{padding:.4rem .6rem;border-left:.4rem solid}"
	".good{border-color:#0072b2;stroke:#0072b2}"
	".half{border-color:#e69f00;stroke:#e69f00;stroke-dasharray:10 6}"
	".bad{border-color:#b30000;stroke:#b30000;stroke-dasharray:2 6}"
	".node{fill:#f4f4f4;stroke:#555}.link{stroke-width:4}"
	".owner{stroke:#0072b2;stroke-width:4}"
	".gone{fill:#fff;stroke-dasharray:6 5}"
	".name{font-weight:bold;font-size:20px}.vip{font-weight:bold}"
	".small,.address,.label{font-size:14px}.label{text-anchor:middle}"
	"footer{color:#555;font-size:.85rem;margin-top:1rem}"
	"summary{font-weight:bold;padding:.5rem 0;overflow-wrap:anywhere}"
	"table{border-collapse:collapse;font-size:.9rem}"
	"th,td{text-align:left;vertical-align:top;padding:.1rem .5rem "
	".1rem 0}td{overflow-wrap:anywhere}"
	"th,td:first-child,td:nth-child(2){white-space:nowrap}"
	"td:first-child{text-align:right}";

/*
 * What it finds is this page again, a newer one: what was shut stays shut. An
 * exporter or a node that hangs, or is without power, ends no connection: what
 * does not come within five seconds is told, too, and so is a proxy's own page.
 * Its style is this page's already, and would be of a nonce that is not.
 *
 * Who is in the middle of a click, or has marked an address to copy it, keeps
 * what is under their hand: for ten seconds, an old picture must not stand.
 */
static const char script[] =
	"let asks=false,held=0;"
	"setInterval(async()=>{if(asks)return;asks=true;"
	"const m=document.querySelector('main');"
	"const c=new AbortController(),t=setTimeout(()=>c.abort(),5000);"
	"try{const r=await fetch('/',{cache:'no-store',signal:c.signal});"
	"const n=new DOMParser().parseFromString((await r.text())"
	".replace(/<style[^]*?<\\/style>/,''),'text/html'),"
	"d=n.querySelector('main');if(!d)throw d;document.title=n.title;"
	"if((m.matches(':active')||getSelection().type=='Range')&&held++<5)"
	"return;held=0;"
	"const at=document.activeElement.closest('details');"
	"for(const e of m.querySelectorAll('details'))"
	"{const n=d.querySelector('#'+e.id);if(n)n.open=e.open}"
	"m.replaceWith(d);"
	"const to=at&&d.querySelector('#'+at.id+' summary');if(to)to.focus()}"
	"catch(e){m.className='old';m.querySelector('h1').className='bad';"
	"document.title=m.querySelector('h1').textContent="
	"'twinbeat-exporter does not answer: this picture is old'}"
	"finally{clearTimeout(t);asks=false}},2000)";

/* Of a picture on paper, or in a ticket, somebody asks when that was. */
static void put_now(FILE *out)
{
	time_t now = time(NULL);
	char text[40];
	struct tm tm;

	if (gmtime_r(&now, &tm) &&
	    strftime(text, sizeof(text), " at %Y-%m-%d %H:%M:%S UTC", &tm) > 0)
		fputs(text, out);
}

void page_write(FILE *out, const json_t *status, const char *error,
		const char *history, const char *nonce)
{
	char text[VERDICT_TEXT_MAX];
	enum verdict verdict;

	fputs("<!DOCTYPE html>\n<html lang=\"en\"><head><meta "
	      "charset=\"utf-8\">\n<meta name=\"viewport\" "
	      "content=\"width=device-width\">\n<noscript><meta "
	      "http-equiv=\"refresh\" content=\"5\"></noscript>\n<title>",
	      out);
	/* what a tab, or a list of windows, shows of it */
	if (status) {
		verdict = verdict_make(status, text, sizeof(text));
		xml_put(out, text);
		fputs(" - ", out);
	}
	xml_put(out, status ? client_string(status, "pair")
			    : "NO ANSWER - twinbeat");
	fprintf(out,
		"</title>\n<style nonce=\"%s\">%s%s</style></head><body>\n",
		nonce, style, picture_style);
	if (status) {
		fprintf(out, "<main><h1 class=\"%s\">", verdict_class(verdict));
		xml_put(out, text);
		fputs("</h1>\n", out);
		for (size_t i = 0; i < sizeof(layouts) / sizeof(layouts[0]);
		     i++)
			write_picture(out, status, &layouts[i]);
		write_alerts(out, status);
		fputs(history, out);
		fputs("<footer>pair ", out);
		xml_put(out, client_string(status, "pair"));
		fputs(", seen by ", out);
		xml_put(out, client_string(status, "node"));
		put_now(out);
		fputs(", twinbeat ", out);
		xml_put(out, client_string(status, "version"));
		fputs("</footer>", out);
	} else {
		fputs("<main><h1 class=\"bad\">", out);
		xml_put(out, error);
		fputs("</h1>", out);
		fputs(history, out);
	}
	fprintf(out,
		"</main>\n<script nonce=\"%s\">%s</script>\n</body></html>\n",
		nonce, script);
}
