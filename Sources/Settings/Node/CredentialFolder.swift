#if canImport(Glibc)
  import Glibc
#endif

/// systemd's folder of credentials ($CREDENTIALS_DIRECTORY): secrets that a unit loads for the service alone.
///
/// A setting that names a secret by a bare file name (`node.key`, no folder in it) that is not beside the configuration means the credential of
/// that name. Credentials have no folders, so a path with one is never looked for here: two secrets cannot become one. What lies beside the
/// configuration comes first, and what cannot be looked at there is an error as ever: only what is not there at all is looked for elsewhere.
package struct CredentialFolder: Sendable, Hashable {
  /// Its absolute path.
  package let path: String

  package init?(_ path: String?) {
    guard let path, path.hasPrefix("/"), path.utf8.count > 1 else { return nil }
    self.path = FilePath.resolve(path, in: "/")
  }

  /// That of this environment; nil where there is none.
  package init?(variables: [String: String]) { self.init(variables["CREDENTIALS_DIRECTORY"]) }

  /// Where the secret is that stands in a setting as `text`, of a configuration in `folder`; nil where it is not here.
  ///
  /// - Parameter isMissing: whether nothing has this path.
  func place(of text: String, besides folder: String, isMissing: (String) -> Bool) -> String? {
    guard !text.contains("/"), text != "..", text != ".", isMissing(FilePath.resolve(text, in: folder)) else { return nil }
    let credential = path + "/" + text
    return isMissing(credential) ? nil : credential
  }

  /// Whether nothing has this path.
  package static func isMissing(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) != 0 && errno == ENOENT
  }

  /// Whether a file is open to others than those who are to have it. Credentials belong to root and are read by the service through an access
  /// list, whose mask stands where the group's bits are.
  package static func isOpenToOthers(_ path: String, mode: UInt32, owner: UInt32, _ credentials: CredentialFolder?) -> Bool {
    guard mode & 0o077 != 0 else { return false }
    let isCredential = credentials.map { path.hasPrefix($0.path + "/") } ?? false
    return !(isCredential && owner == 0 && mode & 0o037 == 0)
  }
}
