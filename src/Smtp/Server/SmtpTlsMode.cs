namespace Relay.Smtp.Server;

public enum SmtpTlsMode
{
    None,

    /// <summary>STARTTLS offered.</summary>
    StartTls,

    /// <summary>STARTTLS offered, nothing but EHLO, NOOP, RSET, HELP and QUIT without it (530 5.7.0).</summary>
    Required,

    /// <summary>TLS from the first byte (RFC 8314 §3.3).</summary>
    Implicit,
}
