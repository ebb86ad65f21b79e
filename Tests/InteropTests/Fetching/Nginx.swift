import Foundation
import TestSupport

/// Debian's nginx as the origin of a fetch, with a configuration of the test's own.
struct Nginx: Sendable {
  let process: RunningProcess
  let port: UInt16
  private let folder: TemporaryDirectory

  /// Serves the folder; `extra` goes into the `server` block.
  static func start(serving root: String, port: UInt16? = nil, extra: String = "") async throws -> Nginx {
    let port = try port ?? FreePort.pick()
    let folder = try TemporaryDirectory("nginx")
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map { "\($0)_temp_path \(folder.path($0));" }.joined(
      separator: "\n")
    let configuration = """
      daemon off;
      master_process off;
      pid \(folder.path("pid"));
      error_log \(folder.path("error.log"));
      events { worker_connections 64; }
      http {
        \(temporary)
        log_format connections '$connection $status $request_uri $http_range';
        access_log \(folder.path("access.log")) connections;
        server {
          listen 127.0.0.1:\(port);
          root \(root);
          \(extra)
        }
      }
      """
    try folder.write(Array(configuration.utf8), to: "nginx.conf")
    let process = try ProcessRunner("/usr/sbin/nginx", ["-c", folder.path("nginx.conf"), "-p", folder.path]).start()
    let deadline = ContinuousClock.now + .seconds(60)
    while ContinuousClock.now < deadline, process.exit == nil {
      if try await ProcessRunner("/usr/bin/curl", ["-s", "-o", "/dev/null", "http://127.0.0.1:\(port)/"]).run().exit == .code(0) {
        return Nginx(process: process, port: port, folder: folder)
      }
    }
    throw ProcessFailure("nginx does not answer: \(process.errors)")
  }

  /// Connection, status, target and range of each request that asked for a range.
  var ranges: [[String]] {
    get throws {
      let log = String(decoding: try folder.read("access.log"), as: UTF8.self)
      return log.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }.filter { $0.last?.hasPrefix("bytes=") == true }
    }
  }
}
