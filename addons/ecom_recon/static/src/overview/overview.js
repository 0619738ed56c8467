import { onWillStart, onWillUpdateProps, useState } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { KanbanRenderer } from "@web/views/kanban/kanban_renderer";
import { kanbanView } from "@web/views/kanban/kanban_view";

/** Accounts or suppliers, below tiles that count what waits in all of them. */
export class EcomOverviewRenderer extends KanbanRenderer {
    static template = "ecom_recon.OverviewRenderer";

    setup() {
        super.setup();
        this.orm = useService("orm");
        this.actions = useService("action");
        this.overview = useState({ tiles: [] });
        onWillStart(() => this.loadTiles());
        onWillUpdateProps(() => this.loadTiles());
    }

    async loadTiles() {
        this.overview.tiles = await this.orm.call(this.props.list.resModel, "overview_tiles", []);
    }

    tileClass(tile) {
        return tile.count ? `text-${tile.tone}` : "text-muted";
    }

    openTile(tile) {
        this.actions.doAction(tile.action);
    }
}

registry.category("views").add("ecom_overview", {
    ...kanbanView,
    Renderer: EcomOverviewRenderer,
});
