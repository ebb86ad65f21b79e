import Metainfo

/// A file of the status page, as it is built into the program.
package struct PageAsset: Sendable {
  package let contentType: String
  package let bytes: [UInt8]
  package let etag: String

  private init(_ contentType: String, _ bytes: [UInt8]) {
    (self.contentType, self.bytes, etag) = (contentType, bytes, Self.etag(bytes))
  }

  /// By path; what is not here is not served.
  package static let all: [String: PageAsset] = {
    let script = "text/javascript; charset=utf-8"
    return [
      "/": PageAsset("text/html; charset=utf-8", PackageResources.index_html),
      "/page/page.css": PageAsset("text/css; charset=utf-8", PackageResources.page_css),
      "/page/icon.svg": PageAsset("image/svg+xml", PackageResources.icon_svg),
      "/page/page.js": PageAsset(script, PackageResources.page_js),
      "/page/artifacts.js": PageAsset(script, PackageResources.artifacts_js),
      "/page/chart.js": PageAsset(script, PackageResources.chart_js),
      "/page/dom.js": PageAsset(script, PackageResources.dom_js),
      "/page/format.js": PageAsset(script, PackageResources.format_js),
      "/page/pieces.js": PageAsset(script, PackageResources.pieces_js),
      "/page/poll.js": PageAsset(script, PackageResources.poll_js),
      "/page/sections.js": PageAsset(script, PackageResources.sections_js),
      "/page/table.js": PageAsset(script, PackageResources.table_js),
    ]
  }()

  /// A strong validator of these bytes.
  static func etag(_ bytes: [UInt8]) -> String { "\"\(SHA256Digest.hash(of: bytes).description.prefix(24))\"" }
}
