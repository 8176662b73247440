namespace Relay.Smtp;

/// <summary>The verbs this server has an opinion about; anything else is <see cref="Unknown"/>.</summary>
internal enum SmtpVerb
{
    Unknown,
    Ehlo,
    Helo,
    Mail,
    Rcpt,
    Data,
    Bdat,
    Rset,
    Noop,
    Vrfy,
    Expn,
    Help,
    Quit,
    StartTls,
    Auth,

    /// <summary>A line of another protocol (HTTP), sent by a browser or a confused proxy.</summary>
    Foreign,
}
