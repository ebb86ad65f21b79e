import NIOCore

/// A whole response.
package struct HTTPResponse: Sendable {
  /// 200 to 599, as the server sent it.
  package let status: Int
  package let fields: HTTPFields
  package let body: ByteBuffer

  /// The body's bytes, copied.
  package var bytes: [UInt8] { Array(body.readableBytesView) }
}
