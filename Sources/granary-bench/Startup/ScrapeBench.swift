import ArgumentParser
import Foundation
import Glibc
import Metainfo

struct ScrapeBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "scrape", abstract: "Scrapes the metrics of a node with many verified artifacts and times it.",
    discussion: """
      The artifacts are those of 'startup'. A scrape is a GET of /metrics over a new connection, from connect to the last byte. 'cold' comes so \
      long after the one before that the inventory is asked anew, as with any real scraper; 'warm' comes at once after it.
      """)

  @OptionGroup var options: BenchOptions
  @Option(help: "The granary to measure (default: beside this program).") var granary: String?
  @Option(help: "Numbers of artifacts.") var artifacts = "0,10000"
  @Option(help: "Where to make the artifacts (default: the system's temporary folder).") var below: String?
  @Option(help: "The node's port; metrics are at the next one.") var port = 46_883

  func run() throws {
    for count in artifacts.split(separator: ",").compactMap({ Int($0) }) { try measure(count) }
  }

  private func measure(_ count: Int) throws {
    let scratch = try Scratch(below: below)
    let made = try SmallArtifacts(count + 1, data: scratch.path + "/data", state: scratch.path + "/state")
    let configuration = try SmallArtifacts.configuration(
      scratch.path, port: port, further: ["http: { listen: [{ address: \"127.0.0.1:\(port + 1)\" }] }"])
    let node = try StartedNode(granary: granary ?? SeedBench.sibling(), configuration: configuration, port: port)
    defer { _ = node.stop() }
    _ = try node.firstAnswer(made.infoHashes[0])
    var (cold, warm, size) = (Figures(), Figures(), 0)
    for _ in 0..<options.rounds * 4 {
      sleep(3)
      cold.add(try Scrape.run(port: port + 1, size: &size) * 1000)
      warm.add(try Scrape.run(port: port + 1, size: &size) * 1000)
    }
    print("\(count) artifacts, a page of \(size) bytes")
    print("  cold scrape, ms: \(cold.text(decimals: 2))")
    print("  warm scrape, ms: \(warm.text(decimals: 2))")
  }
}

/// One request and its whole answer.
private enum Scrape {
  /// Seconds that it took.
  static func run(port: Int, size: inout Int) throws -> Double {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
    let began = ContinuousClock.now
    let connected = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0 }
    }
    let request = Array("GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".utf8)
    guard connected, send(descriptor, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else {
      throw ValidationError("the node is not to be scraped: \(errno)")
    }
    var (answer, buffer) = ([UInt8](), [UInt8](repeating: 0, count: 65_536))
    while true {
      let count = recv(descriptor, &buffer, buffer.count, 0)
      guard count >= 0 else { throw ValidationError("the scrape broke off: \(errno)") }
      if count == 0 { break }
      answer += buffer[..<count]
    }
    let elapsed = (ContinuousClock.now - began) / .seconds(1)
    guard answer.starts(with: Array("HTTP/1.1 200".utf8)), String(decoding: answer, as: UTF8.self).contains("granary_inventory_up 1\n")
    else {
      throw ValidationError("the answer is not one: \(String(decoding: answer.prefix(200), as: UTF8.self))")
    }
    size = answer.count
    return elapsed
  }
}
