using Relay.Mail;

namespace Relay.Smtp;

/// <summary>One well-formed command; the closed set of what a session can be asked.</summary>
internal abstract record SmtpCommand
{
    private SmtpCommand(SmtpVerb verb) => Verb = verb;

    public SmtpVerb Verb { get; }

    /// <summary>EHLO or HELO with the name the client gave (RFC 5321 §4.1.1.1).</summary>
    public sealed record Hello(string Name, bool IsExtended) : SmtpCommand(IsExtended ? SmtpVerb.Ehlo : SmtpVerb.Helo);

    /// <param name="IsAscii">False when the path as written held UTF-8, even where the domain is kept as A-labels.</param>
    public sealed record Mail(ReversePath ReversePath, bool IsAscii, IReadOnlyList<EsmtpParameter> Parameters) : SmtpCommand(SmtpVerb.Mail);

    /// <param name="Mailbox">Null for <c>&lt;postmaster&gt;</c> without a domain (RFC 5321 §4.1.1.3): this server's own.</param>
    public sealed record Rcpt(Mailbox? Mailbox, bool IsAscii, IReadOnlyList<EsmtpParameter> Parameters) : SmtpCommand(SmtpVerb.Rcpt);

    /// <summary>One chunk: exactly <paramref name="SizeBytes"/> octets follow the line (RFC 3030 §2).</summary>
    /// <param name="SizeBytes">The largest long for numbers beyond it.</param>
    public sealed record Bdat(long SizeBytes, bool IsLast) : SmtpCommand(SmtpVerb.Bdat);

    /// <param name="InitialResponse">Base64 as sent, <c>=</c> for an empty one, null when absent (RFC 4954 §4).</param>
    public sealed record Auth(string Mechanism, string? InitialResponse) : SmtpCommand(SmtpVerb.Auth)
    {
        // A record prints its members, and this one holds a password.
        public override string ToString() => "AUTH " + Mechanism;
    }

    /// <summary>A verb whose argument, if any, changes nothing: DATA, RSET, NOOP, VRFY, EXPN, HELP, QUIT, STARTTLS.</summary>
    public sealed record Plain : SmtpCommand
    {
        public static readonly Plain Data = new(SmtpVerb.Data);
        public static readonly Plain Rset = new(SmtpVerb.Rset);
        public static readonly Plain Noop = new(SmtpVerb.Noop);
        public static readonly Plain Vrfy = new(SmtpVerb.Vrfy);
        public static readonly Plain Expn = new(SmtpVerb.Expn);
        public static readonly Plain Help = new(SmtpVerb.Help);
        public static readonly Plain Quit = new(SmtpVerb.Quit);
        public static readonly Plain StartTls = new(SmtpVerb.StartTls);

        private Plain(SmtpVerb verb)
            : base(verb)
        {
        }
    }
}
