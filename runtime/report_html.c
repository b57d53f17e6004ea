/*
 * The report as one HTML page: no script, nothing from elsewhere, light or dark as the reader has it.
 *
 * The control-flow graph is drawn in rows: a block stands one row below the lowest of those that lead forward to it, in the order of the
 * code. Edges forward are drawn from bottom to top, edges back on the left, dashed; what leaves the region is listed with the block.
 */
#include <string.h>

#include "runtime/log.h"
#include "runtime/report_data.h"
#include "runtime/stats.h"

static const char style[] =
    "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\n"
    "<title>dragoman: the regions that cost most</title>\n<style>\n"
    ":root{color-scheme:light dark;--bg:#fff;--fg:#1d2330;--dim:#667085;--line:#cbd2dd;--box:#f5f7fa;--hot:#d9480f;--link:#1c5fc4}\n"
    "@media(prefers-color-scheme:dark){:root{--bg:#14171c;--fg:#dde2ea;--dim:#8b95a5;--line:#3a424f;--box:#1d222a;--hot:#ff8a4c;--link:#7db3ff}}\n"
    "body{margin:0 auto;max-width:110rem;padding:1rem 1.5rem;background:var(--bg);color:var(--fg);font:15px/1.45 system-ui,sans-serif}\n"
    "h1{font-size:1.4rem}h2{font-size:1.15rem;margin:2.5rem 0 .3rem;border-top:1px solid var(--line);padding-top:1rem}h3{font-size:1rem;margin:.8rem 0 .2rem}\n"
    "a{color:var(--link)}code,pre,td.n,svg text{font-family:ui-monospace,monospace}\n"
    "pre{background:var(--box);border:1px solid var(--line);border-radius:4px;padding:.5rem .7rem;overflow:auto;font-size:12.5px;line-height:1.4;margin:.3rem 0;max-height:45rem}\n"
    "pre i{color:var(--dim)}table{border-collapse:collapse;width:100%}td,th{padding:.2rem .6rem;text-align:left;border-bottom:1px solid var(--line);white-space:nowrap}\n"
    "td.n,th.n{text-align:right}td.name{white-space:normal;overflow-wrap:anywhere}.bar{display:inline-block;height:.7em;background:var(--hot);border-radius:2px}\n"
    ".facts{color:var(--dim);margin:.2rem 0 .6rem}.both{display:flex;flex-wrap:wrap;gap:1.5rem;align-items:flex-start}.both>.graph{overflow:auto;max-width:100%;flex:0 1 auto}\n"
    ".both>.blocks{flex:1 1 32rem;min-width:0;max-height:70rem;overflow:auto}ul{margin:.2rem 0 .6rem;padding-left:1.2rem;font-size:13px}summary{cursor:pointer;margin:.5rem 0}\n"
    "svg rect{fill:var(--box);stroke:var(--line)}svg rect.heat{fill:var(--hot);stroke:none}svg text{fill:var(--fg);font-size:12px}svg text.dim{fill:var(--dim);font-size:11px}\n"
    "svg path{fill:none;stroke:var(--dim);stroke-width:1.4}svg path.back{stroke:var(--hot);stroke-dasharray:5 3}svg marker path{fill:var(--dim);stroke:none}\n"
    ".scroll{overflow-x:auto}:target{outline:2px solid var(--link);outline-offset:3px}\n"
    "</style></head><body>\n";

/* What the exits of a region need to know. */
struct page { struct report_out *o; struct report_region *const *chosen; unsigned n; const struct report_region *g; };

/* A name that leads to the region, if it is in the report. */
static void place(struct page *p, uint64_t pc)
{
    for (unsigned i = 0; i < p->n; i++)
        if (p->chosen[i]->r->pc == pc) {
            report_printf(p->o, "<a href=\"#r%u\">", i + 1);
            report_name(p->o, pc);
            report_puts(p->o, "</a>");
            return;
        }
    report_name(p->o, pc);
}

/* ---- the graph ---- */

enum { BOX_W = 210, BOX_H = 44, GAP_X = 26, GAP_Y = 46, LEFT = 90, TOP = 12 };

struct graph {
    struct report_out *o;
    const struct report_region *g;
    unsigned from, row[IR_MAX_BLOCKS], column[IR_MAX_BLOCKS], rows, columns, nexits[IR_MAX_BLOCKS];
};

static void lower(void *ctx, const struct ir_insn *in, int to)
{
    struct graph *d = ctx;
    if (to < 0)
        d->nexits[d->from]++;
    else if ((unsigned)to > d->from && d->row[to] <= d->row[d->from])
        d->row[to] = d->row[d->from] + 1;
}

static void lay_out(struct graph *d)
{
    unsigned used[IR_MAX_BLOCKS] = {0};
    for (d->from = 0; d->from < d->g->nblocks; d->from++)
        report_each_exit(d->g, d->from, lower, d);
    for (unsigned b = 0; b < d->g->nblocks; b++) {
        d->column[b] = used[d->row[b]]++;
        if (d->row[b] >= d->rows)
            d->rows = d->row[b] + 1;
        if (d->column[b] >= d->columns)
            d->columns = d->column[b] + 1;
    }
}

static unsigned x_of(const struct graph *d, unsigned b) { return LEFT + d->column[b] * (BOX_W + GAP_X); }
static unsigned y_of(const struct graph *d, unsigned b) { return TOP + d->row[b] * (BOX_H + GAP_Y); }

static void edge(void *ctx, const struct ir_insn *in, int to)
{
    struct graph *d = ctx;
    (void)in;
    if (to < 0)
        return;
    int x = (int)x_of(d, d->from), y = (int)y_of(d, d->from), tx = (int)x_of(d, (unsigned)to), ty = (int)y_of(d, (unsigned)to);
    if ((unsigned)to > d->from) {
        int bend = (ty - y - BOX_H) / 2;
        report_printf(d->o, "<path d=\"M%d %dC%d %d %d %d %d %d\" marker-end=\"url(#tip)\"/>", x + BOX_W / 2, y + BOX_H, x + BOX_W / 2, y + BOX_H + bend,
                      tx + BOX_W / 2, ty - bend, tx + BOX_W / 2, ty - 3);
    } else {
        int bow = 26 + (int)(d->row[d->from] - d->row[to]) * 10, out = (x < tx ? x : tx) - (bow < LEFT - 8 ? bow : LEFT - 8);
        report_printf(d->o, "<path class=\"back\" d=\"M%d %dC%d %d %d %d %d %d\" marker-end=\"url(#tip)\"/>", x, y + BOX_H * 2 / 3, out, y + BOX_H * 2 / 3,
                      out, ty + BOX_H / 3, tx - 3, ty + BOX_H / 3);
    }
}

static void draw(struct report_out *o, const struct report_region *g, unsigned number)
{
    static struct graph d;
    memset(&d, 0, sizeof d);
    d.o = o;
    d.g = g;
    lay_out(&d);
    unsigned width = LEFT + d.columns * (BOX_W + GAP_X), height = TOP + d.rows * (BOX_H + GAP_Y) - GAP_Y + TOP;
    report_printf(o, "<svg width=\"%u\" height=\"%u\" viewBox=\"0 0 %u %u\" role=\"img\" aria-label=\"control flow of region %u\">"
                     "<defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\">"
                     "<path d=\"M0 0L8 4L0 8z\"/></marker></defs>\n", width, height, width, height, number);
    for (d.from = 0; d.from < g->nblocks; d.from++)
        report_each_exit(g, d.from, edge, &d);
    for (unsigned b = 0; b < g->nblocks; b++) {
        const struct report_block *k = &g->block[b];
        unsigned x = x_of(&d, b), y = y_of(&d, b);
        uint64_t cost = k->count * (k->code_end - k->code);
        report_printf(o, "\n<a href=\"#r%ub%u\"><rect x=\"%u\" y=\"%u\" width=\"%u\" height=\"%u\" rx=\"5\"/>"
                         "<rect class=\"heat\" x=\"%u\" y=\"%u\" width=\"%u\" height=\"4\"/>"
                         "<text x=\"%u\" y=\"%u\">%u&#160; %lx</text><text class=\"dim\" x=\"%u\" y=\"%u\">%lu&#215; &#160;%u B &#160;%u out</text></a>",
                      number, b, x, y, BOX_W, BOX_H, x + 1, y + BOX_H - 5, (unsigned)(g->cost ? cost / ((g->cost + BOX_W - 3) / (BOX_W - 2)) : 0),
                      x + 9, y + 17, b, (unsigned long)k->pc, x + 9, y + 33, (unsigned long)k->count, k->code_end - k->code, d.nexits[b]);
    }
    report_puts(o, "</svg>\n");
}

/* ---- a region ---- */

static void html_exit(void *ctx, const struct ir_insn *in, int to)
{
    struct page *p = ctx;
    unsigned number = 1;
    while (p->chosen[number - 1] != p->g)
        number++;
    report_printf(p->o, "<li><code>%s</code> ", ir_ops[in->op].name);
    if (to >= 0)
        report_printf(p->o, "to <a href=\"#r%ub%d\">block %d</a>", number, to, to);
    else if (!(in->op == IR_ret || in->op == IR_jump_ind || (in->op == IR_call && in->aux)))
        place(p, (uint64_t)in->imm);
    report_puts(p->o, "</li>\n");
}

static void blocks(struct page *p, unsigned number)
{
    struct report_out *o = p->o;
    for (unsigned b = 0; b < p->g->nblocks; b++) {
        const struct report_block *k = &p->g->block[b];
        report_printf(o, "<h3 id=\"r%ub%u\">Block %u at %lx: %lu times</h3>\n<pre>", number, b, b, (unsigned long)k->pc, (unsigned long)k->count);
        report_guest_code(o, p->g, b);
        report_puts(o, "</pre><ul>\n");
        report_each_exit(p->g, b, html_exit, p);
        report_puts(o, "</ul>\n");
    }
}

static void region(struct page *p, unsigned number, uint64_t total)
{
    struct report_out *o = p->o;
    const struct report_region *g = p->g;
    const struct region *r = g->r;
    report_printf(o, "<h2 id=\"r%u\">%u. ", number, number);
    report_name(o, r->pc);
    report_printf(o, "</h2>\n<p class=\"facts\">At <code>%lx</code>, %s plan%s: ", r->pc, r->hot ? "hot" : "quick", r->retired ? ", retired" : "");
    report_share(o, g->cost, total);
    report_printf(o, " of the cost, entered %lu times. %u guest instructions became %u of the IR and %u bytes at <code>%lx</code>, %u of them on side paths.</p>\n",
                  (unsigned long)g->entries, r->guest_insns, r->ir_insns, r->size, (uint64_t)r->code, r->size - g->cold_off);
    report_puts(o, "<div class=\"both\"><div class=\"graph\">");
    draw(o, g, number);
    report_puts(o, "</div><div class=\"blocks\">");
    blocks(p, number);
    report_puts(o, "</div></div>\n");
    for (unsigned i = 0; i < g->npasses; i++) {
        report_printf(o, "<details><summary>%s</summary><pre>", g->pass[i]->name);
        report_ir(o, g, i);
        report_puts(o, "</pre></details>\n");
    }
    report_puts(o, "<details><summary>Host code</summary><pre>");
    report_host_code(o, g);
    report_puts(o, "</pre></details>\n");
}

void report_html(struct report_out *o, struct report_region *const *chosen, unsigned n, uint64_t total, unsigned regions)
{
    report_puts(o, style);
    report_printf(o, "<h1>The regions that cost most</h1>\n<p>%u of %u%s. Cost: how often each block was entered, times the bytes of its straight path.</p>\n"
                     "<div class=\"scroll\"><table><tr><th class=\"n\"></th><th class=\"n\">cost</th><th></th><th>place</th><th>plan</th><th class=\"n\">blocks</th>"
                     "<th class=\"n\">entered</th><th class=\"n\">guest instructions</th><th class=\"n\">host bytes</th></tr>\n", n, regions, stats.flushes ? " since the cache was emptied last" : "");
    for (unsigned i = 0; i < n; i++) {
        const struct report_region *g = chosen[i];
        report_printf(o, "<tr><td class=\"n\">%u</td><td class=\"n\">", i + 1);
        report_share(o, g->cost, total);
        report_printf(o, "</td><td><span class=\"bar\" style=\"width:%upx\"></span></td><td class=\"name\"><a href=\"#r%u\">",
                      (unsigned)(total ? g->cost / ((total + 119) / 120) : 0), i + 1);
        report_name(o, g->r->pc);
        report_printf(o, "</a></td><td>%s</td><td class=\"n\">%u</td><td class=\"n\">%lu</td><td class=\"n\">%u</td><td class=\"n\">%u</td></tr>\n",
                      g->r->hot ? "hot" : "quick", g->nblocks, (unsigned long)g->entries, g->r->guest_insns, g->r->size);
    }
    report_puts(o, "</table></div>\n");
    for (unsigned i = 0; i < n; i++) {
        struct page p = {o, chosen, n, chosen[i]};
        region(&p, i + 1, total);
    }
    report_puts(o, "</body></html>\n");
}
