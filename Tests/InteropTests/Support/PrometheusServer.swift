import Foundation
import TestSupport

/// Debian's Prometheus, which scrapes one node each second, and its promtool.
struct PrometheusServer: Sendable {
  private let folder: TemporaryDirectory
  private let port: UInt16
  private let process: RunningProcess

  /// - Parameters:
  ///   - target: `HOST:PORT` of the node.
  ///   - further: lines of the scrape job, such as its `tls_config`.
  init(target: String, further: [String] = []) throws {
    folder = try TemporaryDirectory("prometheus")
    port = try FreePort.pick()
    let job = ["job_name: granary", "static_configs: [{ targets: [\"\(target)\"] }]"] + further
    let yaml = "global: { scrape_interval: 1s, scrape_timeout: 1s }\nscrape_configs:\n  - " + job.joined(separator: "\n    ") + "\n"
    try folder.write(Array(yaml.utf8), to: "prometheus.yml")
    process = try ProcessRunner(
      "prometheus",
      [
        "--config.file=\(folder.path("prometheus.yml"))", "--storage.tsdb.path=\(folder.path("tsdb"))",
        "--web.listen-address=127.0.0.1:\(port)",
      ]
    ).start()
  }

  private struct Answer: Decodable {
    struct Body: Decodable {
      struct Sample: Decodable {
        let value: [Text]
      }
      let result: [Sample]
    }
    /// A time, which is a number, or a value, which is text.
    struct Text: Decodable {
      let text: String?
      init(from decoder: any Decoder) throws { text = try? decoder.singleValueContainer().decode(String.self) }
    }
    let status: String
    let data: Body
  }

  /// The values of a query, by its HTTP API; nil where it does not answer, as before it is up.
  func values(of query: String) async throws -> [Double]? {
    let arguments = ["-s", "--max-time", "10", "-G", "--data-urlencode", "query=\(query)", "http://127.0.0.1:\(port)/api/v1/query"]
    let result = try await ProcessRunner("curl", arguments).run(within: .seconds(30))
    guard result.exit == .code(0), let answer = try? JSONDecoder().decode(Answer.self, from: Data(result.output.utf8)) else { return nil }
    return answer.data.result.compactMap { $0.value.last?.text.flatMap { Double($0) } }
  }

  /// Asks until the values are as they should be; each question is a process of its own, which is pause enough.
  func wait(for query: String, _ isGood: ([Double]) -> Bool) async throws -> [Double] {
    let deadline = ContinuousClock.now + .seconds(90)
    var last: [Double]?
    while ContinuousClock.now < deadline, process.exit == nil {
      last = try await values(of: query)
      if let last, isGood(last) { return last }
    }
    throw ProcessFailure("\(query) is \(String(describing: last)): \(process.errors)")
  }

  /// Whether promtool has nothing to say of metrics in the text format.
  static func judge(metrics text: String) async throws -> ProcessResult {
    let folder = try TemporaryDirectory("metrics")
    try folder.write(Array(text.utf8), to: "metrics")
    return try await ProcessRunner("sh", ["-c", "exec promtool check metrics < metrics"], workingFolder: folder.path).run(
      within: .seconds(60))
  }
}
