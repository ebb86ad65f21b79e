import Foundation
import Testing

@testable import Control

/// From a path to bytes.
struct PageResponderTests {
  private let page = StubPage()
  private var responder: PageResponder { PageResponder(PageDesk(page)) }

  @Test func `the page and all that it loads is there, and nothing else`() async throws {
    let responder = responder
    let html = try #require(await responder.page(OpsRequest(path: "/")))
    #expect(html.status == 200 && html.contentType == "text/html; charset=utf-8" && html.age == nil)
    let text = String(decoding: html.bytes, as: UTF8.self)
    var wanted = Set(text.matches(of: /(?:src|href)="(page\/[^"]+)"/).map { "/" + $0.1 })
    #expect(wanted.count == 3, "\(wanted)")
    for path in wanted where path.hasSuffix(".js") { wanted.formUnion(try await imports(of: path, responder)) }
    #expect(wanted.union(["/"]) == Set(PageAsset.all.keys))
    for path in ["/index.html", "/page", "/page/", "/page/../page/page.css", "/page/page.css/", "/v1/status", ""] {
      #expect(await responder.page(OpsRequest(path: path)) == nil, "\(path)")
    }
    #expect(page.asked.isEmpty)
  }

  /// The paths of all modules that a module loads.
  private func imports(of path: String, _ responder: PageResponder) async throws -> Set<String> {
    let file = try #require(await responder.page(OpsRequest(path: path)), "\(path)")
    #expect(file.contentType.hasPrefix("text/javascript"))
    var found: Set<String> = []
    for match in String(decoding: file.bytes, as: UTF8.self).matches(of: /from "\.\/([a-z]+\.js)"/) {
      found.insert("/page/" + match.1)
    }
    for one in found { found.formUnion(try await imports(of: one, responder)) }
    return found
  }

  @Test func `nothing in the page asks for more than a strict policy allows, and text is never markup`() {
    for (path, asset) in PageAsset.all {
      let text = String(decoding: asset.bytes, as: UTF8.self)
      for forbidden in [
        " style=", " onclick=", "<script>", "innerHTML", "insertAdjacentHTML", "document.write", "eval(", "https://", "url(",
      ] {
        #expect(!text.contains(forbidden), "\(path) has \(forbidden)")
      }
      #expect(!text.replacing("http://www.w3.org/2000/svg", with: "").contains("http://"), "\(path)")
    }
  }

  @Test func `what has not changed is not sent again`() async throws {
    let first = try #require(await responder.page(OpsRequest(path: "/page/overview.json")))
    #expect(first.status == 200 && first.contentType == "application/json" && first.age == 0)
    let etag = try #require(first.etag)
    for header in [etag, "W/\(etag)", "\"x\", \(etag)", "*"] {
      let again = try #require(await responder.page(OpsRequest(path: "/page/overview.json", ifNoneMatch: header)))
      #expect(again.status == 304 && again.bytes.isEmpty && again.etag == etag, "\(header)")
    }
    page.name("depot-02")
    let other = try #require(await responder.page(OpsRequest(path: "/page/overview.json", ifNoneMatch: etag)))
    #expect(other.status == 200 && other.etag != etag)
    let css = try #require(await responder.page(OpsRequest(path: "/page/page.css")))
    #expect(await responder.page(OpsRequest(path: "/page/page.css", ifNoneMatch: css.etag))?.status == 304)
  }

  @Test func `queries are read, and what is wrong in them is left out`() async throws {
    let responder = responder
    for (path, query, asked) in [
      ("/page/artifacts.json", "q=a%25b%01&state=ready&order=size&offset=50", "artifacts a%b ready size 50"),
      ("/page/artifacts.json", "order=drop+table&offset=-5&state=&&=&x", "artifacts  - name 0"),
      ("/page/artifacts.json", "offset=99999999999999999999&q=%FF", "artifacts  - name 0"),
      ("/page/peers.json", "q=edge%2F7+x&order=oldest&offset=7", "peers edge/7 x oldest 7"),
      ("/page/throughput.json", "span=day", "throughput day"), ("/page/throughput.json", "span=x", "throughput recent"),
      ("/page/refusals.json", "", "refusals"), ("/page/runs.json", "", "runs"), ("/page/services.json", "", "services"),
    ] {
      let answer = try #require(await responder.page(OpsRequest(path: path, query: query)))
      #expect(answer.status == 200 && page.asked.last == asked, "\(page.asked)")
      let schema = try #require((JSONSerialization.jsonObject(with: Data(answer.bytes)) as? [String: Any])?["schema"] as? String)
      #expect(schema == "granary.page-\(path.dropFirst("/page/".count).dropLast(".json".count))/1")
    }
    #expect(PagePart(path: "/page/peers.json", query: ["q": String(repeating: "é", count: 5_000)]).map { "\($0)".utf8.count < 500 } == true)
  }

  @Test func `an artifact is asked for by a whole info-hash, and one that there is not is not found`() async throws {
    #expect(await responder.page(OpsRequest(path: "/page/artifact.json", query: "hash=abcd")) == nil)
    #expect(await responder.page(OpsRequest(path: "/page/artifact.json", query: "hash=" + String(repeating: "g", count: 40))) == nil)
    #expect(await responder.page(OpsRequest(path: "/page/artifact.json")) == nil)
    let answer = try #require(
      await responder.page(OpsRequest(path: "/page/artifact.json", query: "hash=" + String(repeating: "AB", count: 32))))
    #expect(answer.status == 404 && page.asked == ["artifact abab"])
  }

  @Test func `what cannot be had is an error with its reason`() async throws {
    page.fail(ErrorsDocument(errors: [.init(code: 74, message: "the disk is gone")]))
    let answer = try #require(await responder.page(OpsRequest(path: "/page/runs.json", ifNoneMatch: "*")))
    #expect(answer.status == 503 && answer.etag == nil)
    #expect(String(decoding: answer.bytes, as: UTF8.self) == #"{"errors":[{"code":69,"message":"the disk is gone"}]}"#)
  }
}
