import { useRef } from "@odoo/owl";
import { useDropzone } from "@web/core/dropzone/dropzone_hook";
import { useFileUploader } from "@web/core/utils/files";
import { registry } from "@web/core/registry";
import {
    Many2ManyBinaryField,
    many2ManyBinaryField,
} from "@web/views/fields/many2many_binary/many2many_binary_field";

/** Attachments that may be dropped onto the field, many at once. */
export class EcomFilesField extends Many2ManyBinaryField {
    static template = "ecom_connectors.EcomFilesField";

    setup() {
        super.setup();
        this.root = useRef("root");
        this.uploadFiles = useFileUploader();
        useDropzone(
            this.root,
            (ev) => this.onDrop(ev),
            "",
            () => !this.props.readonly
        );
    }

    async onDrop(ev) {
        const uploaded = await this.uploadFiles("/web/binary/upload_attachment", {
            csrf_token: odoo.csrf_token,
            ufile: [...ev.dataTransfer.files],
            model: this.props.record.resModel,
            id: this.props.record.resId || 0,
        });
        if (uploaded) {
            await this.onFileUploaded(uploaded);
        }
    }
}

registry.category("fields").add("ecom_files", {
    ...many2ManyBinaryField,
    component: EcomFilesField,
});
