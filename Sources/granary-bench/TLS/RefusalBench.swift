import ArgumentParser
import Foundation

struct RefusalBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "refusals", abstract: "Whether the time that a refusal takes tells a peer why it is refused.",
    discussion: """
      Peers on a fleet link are refused for different reasons, in turn, in a new order each time. From the last byte that the peer has sent \
      until the node's end of the connection. For each two reasons: how well the time tells them apart, as the area under the ROC curve \
      (0.5: not at all). The number of bytes and the kind of end must be the same for all, or the measurement fails.
      """)

  @Option(help: "The granary to measure (default: beside this program).") var granary: String?
  @Option(help: "Samples of each reason.") var samples = 500
  @Option(help: "Samples of each that come before and are not counted.") var warmUp = 50

  mutating func validate() throws {
    guard (10...100_000).contains(samples), (0...10_000).contains(warmUp) else {
      throw ValidationError("--samples is from 10 to 100000, --warm-up from 0 to 10000")
    }
  }

  func run() throws {
    let scratch = try Scratch()
    let client = try CompiledProgram("refusals", below: scratch.path)
    let node = try RefusingNode(granary ?? SeedBench.sibling(), below: scratch.path)
    defer { node.stop() }
    let control = try sample(client, node, [node.accepted], samples: 1, warmUp: 0)
    guard control.allSatisfy({ $0.bytes > 68 }) else { throw ValidationError("not even the peer that may is served") }
    let all = try sample(client, node, node.refused, samples: samples, warmUp: warmUp)
    var times: [String: [Double]] = [:]
    for sample in all { times[sample.name, default: []].append(sample.microseconds) }
    show(node.refused.map(\.name), times)
    let ends = Set(all.map { "\($0.bytes) bytes and \($0.end)" })
    guard ends.count == 1 else { throw ValidationError("the refusals end with \(describe(all))") }
    print("each ends with \(ends.first ?? "")")
  }

  private struct Sample {
    let name: String
    let microseconds: Double
    let bytes: Int
    let end: String
  }

  private func sample(_ client: CompiledProgram, _ node: RefusingNode, _ cases: [RefusingNode.Case], samples: Int, warmUp: Int) throws
    -> [Sample]
  {
    let input = Pipe()
    input.fileHandleForWriting.write(Data(cases.map { $0.line + "\n" }.joined().utf8))
    try input.fileHandleForWriting.close()
    let text = try ChildProcess.run([client.path, "\(node.port)", "\(samples)", "\(warmUp)"], input: input)
    return String(decoding: text, as: UTF8.self).split(separator: "\n").compactMap { line in
      let fields = line.split(separator: " ").map(String.init)
      guard fields.count == 4, let time = Double(fields[1]), let bytes = Int(fields[2]) else { return nil }
      return Sample(name: fields[0], microseconds: time, bytes: bytes, end: fields[3])
    }
  }

  private func show(_ names: [String], _ times: [String: [Double]]) {
    let rows = names.map { name in
      var figures = Figures()
      for time in times[name] ?? [] { figures.add(time) }
      return (name: name, figures: figures)
    }
    Table(title: "from the peer's last byte to the end", baseline: rows.first?.figures, decimals: 1, unit: "us").show(rows)
    print("how well the time tells two reasons apart (area under the ROC curve)")
    var farthest = 0.5
    let width = names.map(\.count).max() ?? 0
    for (index, first) in names.enumerated() {
      for second in names[(index + 1)...] {
        let area = Separation.area(times[first] ?? [], times[second] ?? [])
        if abs(area - 0.5) > abs(farthest - 0.5) { farthest = area }
        print("  \(first.padded(to: width))  \(second.padded(to: width))  \(area.text(3))")
      }
    }
    print("the farthest from 0.5 is \(farthest.text(3))")
  }

  private func describe(_ samples: [Sample]) -> String {
    var counts: [String: Int] = [:]
    for sample in samples { counts["\(sample.name): \(sample.bytes) bytes and \(sample.end)", default: 0] += 1 }
    return counts.sorted { $0.key < $1.key }.map { "\($0.key) (\($0.value))" }.joined(separator: "; ")
  }
}
