namespace Relay.Smtp;

/// <summary>Why content cannot be taken, the graver ones later.</summary>
internal enum DataFault
{
    None,

    /// <summary>NUL is in neither 7BIT nor 8BITMIME content (RFC 6152 §3, RFC 2045 §2.8).</summary>
    Nul,

    /// <summary>CR without LF or LF without CR (RFC 5321 §2.3.8).</summary>
    BareLineEnding,
}
