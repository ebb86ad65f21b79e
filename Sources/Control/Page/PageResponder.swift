import Foundation

/// The status page: from a path and its query to bytes. It changes nothing, and what it says is for whoever may ask: that is the caller's concern.
package struct PageResponder: OpsPages {
  private let desk: PageDesk

  package init(_ desk: PageDesk) {
    self.desk = desk
  }

  package func page(_ request: OpsRequest) async -> OpsPage? {
    let ifNoneMatch = request.ifNoneMatch
    if let asset = PageAsset.all[request.path] {
      return Self.answer(asset.contentType, asset.bytes, etag: asset.etag, age: nil, ifNoneMatch)
    }
    guard let part = PagePart(path: request.path, query: Self.fields(request.query ?? "")) else { return nil }
    switch await desk.answer(part) {
    case .document(let made, let age): return Self.answer(Self.json, made.bytes, etag: made.etag, age: age.components.seconds, ifNoneMatch)
    case .nothing: return Self.problem(404, code: 66, "there is no such artifact")
    case .unavailable(let why): return Self.problem(503, code: 69, why)
    }
  }

  /// A query's fields, decoded as browsers encode forms; what is no UTF-8 is left out, and of equal names the last one holds.
  static func fields(_ query: String) -> [String: String] {
    var fields: [String: String] = [:]
    for pair in query.split(separator: "&").prefix(mostFields) {
      let halves = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let words = halves.map { $0.replacing("+", with: " ").removingPercentEncoding }
      guard let name = words.first.flatMap({ $0 }), let value = words.count > 1 ? words[1] : "" else { continue }
      fields[name] = value
    }
    return fields
  }

  private static let mostFields = 16
  private static let json = "application/json"

  private static func answer(_ type: String, _ body: [UInt8], etag: String, age: Int64?, _ ifNoneMatch: String?) -> OpsPage {
    let isKnown = ifNoneMatch.map { names(etag, in: $0) } ?? false
    return OpsPage(status: isKnown ? 304 : 200, contentType: type, bytes: isKnown ? [] : body, etag: etag, age: age)
  }

  /// Whether a list of validators has this one. A proxy that compresses may have made it a weak one.
  private static func names(_ etag: String, in list: String) -> Bool {
    list == "*"
      || list.split(separator: ",").contains { one in
        let bare = one.filter { $0 != " " }
        return bare == etag || bare == "W/" + etag
      }
  }

  private static func problem(_ status: Int, code: Int32, _ message: String) -> OpsPage {
    let body = (try? DocumentEncoder.encode(ErrorsDocument(errors: [.init(code: code, message: message)]))).map { Array($0) } ?? []
    return OpsPage(status: status, contentType: json, bytes: body)
  }
}
