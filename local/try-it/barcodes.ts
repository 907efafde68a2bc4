import { toSVG } from "bwip-js/node"
import type { Barcodes } from "./wire.ts"

/** The code as a phone shows it: QR for cameras, Code 128 for laser scanners. Black on white whatever the page's colours. */
export function barcodesOf(code: string): Barcodes {
  const black = { barcolor: "000000", backgroundcolor: "FFFFFF" }
  return {
    // Error correction is M where nothing else is said. Four modules of quiet zone around a QR code (ISO/IEC 18004), ten at the sides of a Code 128 (ISO/IEC 15417).
    qr: toSVG({ ...black, bcid: "qrcode", text: code, scale: 2, padding: 8 }),
    code128: toSVG({ ...black, bcid: "code128", text: code, scale: 2, height: 14, paddingwidth: 10 }),
  }
}
