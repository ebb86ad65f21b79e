import ArgumentParser
import Foundation

struct AdmissionBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "admission", abstract: "How long a peer takes to get in, and what that takes of the node, with gr_auth and without.",
    discussion: """
      Peers come one after the other, from connect until the first word on pieces; beside it, a peer that shakes hands over TLS and does \
      nothing else, on the same link. CPU is the node's, of all of its threads. The client is a program of its own on the system's OpenSSL.
      """)

  @Option(help: "The granary to measure (default: beside this program).") var granary: String?
  @Option(help: "Peers of each kind in a round.") var count = 400
  @OptionGroup var options: BenchOptions

  mutating func validate() throws {
    guard (10...100_000).contains(count) else { throw ValidationError("--count is from 10 to 100000") }
  }

  private struct Variant {
    let name: String
    let node: AdmittingNode
    let until: String
    var p50 = Figures()
    var p99 = Figures()
    var rate = Figures()
  }

  func run() throws {
    let scratch = try Scratch()
    let client = try CompiledProgram("admissions", below: scratch.path)
    let program = granary ?? SeedBench.sibling()
    let open = try AdmittingNode(program, below: scratch.path + "/open", isSecure: true, asksForProof: false)
    defer { open.stop() }
    let proven = try AdmittingNode(program, below: scratch.path + "/auth", isSecure: true, asksForProof: true)
    defer { proven.stop() }
    let plain = try AdmittingNode(program, below: scratch.path + "/plain", isSecure: false, asksForProof: true)
    defer { plain.stop() }
    var variants = [
      Variant(name: "TLS handshake alone", node: open, until: "tls"),
      Variant(name: "TLS, admitted by certificate", node: open, until: "open"),
      Variant(name: "TLS, admitted by certificate and gr_auth", node: proven, until: "auth"),
      Variant(name: "plain, admitted by gr_auth", node: plain, until: "auth"),
    ]
    for variant in variants { _ = try sample(client, variant, count: 20) }
    for _ in 0..<options.rounds {
      for index in variants.indices { try measure(client, &variants[index]) }
    }
    show("median of \(count), from connect", "us", 0, variants, \.p50)
    show("p99 of \(count), from connect", "us", 0, variants, \.p99)
    show("for each CPU second of the node", "1/s", 0, variants, \.rate)
  }

  private func measure(_ client: CompiledProgram, _ variant: inout Variant) throws {
    let before = ThreadTimes(of: variant.node.pid)
    let times = try sample(client, variant, count: count).sorted()
    let cpu = ThreadTimes(of: variant.node.pid).total(since: before)
    variant.p50.add(times[times.count / 2])
    variant.p99.add(times[min(times.count - 1, times.count * 99 / 100)])
    variant.rate.add(Double(times.count) * 1e9 / max(1, cpu))
  }

  private func sample(_ client: CompiledProgram, _ variant: Variant, count: Int) throws -> [Double] {
    let text = try ChildProcess.run([client.path, "\(variant.node.port)", "\(count)"] + variant.node.peer + [variant.until])
    let times = String(decoding: text, as: UTF8.self).split(separator: "\n").compactMap { Double($0) }
    guard times.count == count else { throw ValidationError("\(variant.name): \(times.count) of \(count) got in") }
    return times
  }

  private func show(_ title: String, _ unit: String, _ decimals: Int, _ variants: [Variant], _ figures: KeyPath<Variant, Figures>) {
    let rows = variants.map { (name: $0.name, figures: $0[keyPath: figures]) }
    Table(title: title, baseline: rows.first?.figures, decimals: decimals, unit: unit).show(rows)
  }
}
