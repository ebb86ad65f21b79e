import Foundation
import Glibc
import HTTPClient
import Logging
import NIOCore
import NIOPosix
import TestSupport

@testable import Control

/// A control server on a socket in a temporary folder.
struct ControlRig {
  let folder: TemporaryDirectory
  let node: StubNode
  let client: ControlClient
  var path: String { folder.path("control.sock") }

  /// Runs the body with a server that answers, and ends the server.
  static func run(_ body: @Sendable (ControlRig) async throws -> Void) async throws {
    let folder = try TemporaryDirectory("control")
    // What a former run left behind must not be in the way.
    try folder.write([], to: "control.sock")
    let (node, path) = (StubNode(), folder.path("control.sock"))
    let (ready, isReady) = AsyncStream.makeStream(of: Void.self)
    let server = ControlServer(path: path, node: node, logger: Logger(label: "test")) { isReady.finish() }
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await server.run() }
      for await _ in ready {}
      let client = ControlClient(path: path, group: MultiThreadedEventLoopGroup.singleton)
      let rig = ControlRig(folder: folder, node: node, client: client)
      do {
        try await body(rig)
      } catch {
        group.cancelAll()
        throw error
      }
      group.cancelAll()
    }
  }

  /// A raw request: status and body.
  func send(_ method: HTTPRequest.Method, _ target: String, body: [UInt8]? = nil) async throws -> (status: Int, text: String) {
    let response = try await HTTPClient(group: MultiThreadedEventLoopGroup.singleton).send(
      HTTPRequest(method: method, unixSocket: path, target: target, json: body), limits: HTTPLimits(body: 1 << 20),
      deadline: .now() + .seconds(120))
    return (Int(response.status), String(decoding: response.bytes, as: UTF8.self))
  }
}
