using Relay.Mail;

namespace Relay.Smtp.Server;

/// <summary>The fixed replies of the server, in the order a session meets them.</summary>
internal static class ServerReplies
{
    private const int MaxKeywordShown = 32;

    // The door
    public static readonly SmtpReply TooBusy = SmtpReply.Of(421, "4.3.2", "Too many connections, try again later");
    public static readonly SmtpReply TooManyFromAddress = SmtpReply.Of(421, "4.7.0", "Too many connections from your address, close some first");
    public static readonly SmtpReply TooManyFromNetwork = SmtpReply.Of(421, "4.7.0", "Too many connections from the networks around you, try again later");
    public static readonly SmtpReply EarlyTalker = SmtpReply.Of(554, "5.5.1", "You spoke before the greeting, closing connection");
    public static readonly SmtpReply Stopping = SmtpReply.Of(421, "4.3.2", "Service is shutting down, try again later");
    public static readonly SmtpReply IdleTooLong = SmtpReply.Of(421, "4.4.2", "Timeout while waiting for you, closing connection");
    public static readonly SmtpReply ConnectionTooOld = SmtpReply.Of(421, "4.4.2", "Connection was open too long, open a new one");
    public static readonly SmtpReply TooSlow = SmtpReply.Of(421, "4.4.2", "Content arrives too slowly, closing connection");
    public static readonly SmtpReply TooManyErrors = SmtpReply.Of(421, "4.7.0", "Too many errors, closing connection");
    public static readonly SmtpReply TooManyIdleCommands = SmtpReply.Of(421, "4.7.0", "Too many commands without a message, closing connection");
    public static readonly SmtpReply TooManyTransactions = SmtpReply.Of(421, "4.7.0", "Too many messages on one connection, open a new one");
    public static readonly SmtpReply CannotServe = SmtpReply.Of(421, "4.3.0", "Local trouble, try again later");
    public static readonly SmtpReply LocalTrouble = SmtpReply.Of(451, "4.3.0", "Local trouble, try again later");

    // Lines and order
    public static readonly SmtpReply LineTooLong = SmtpReply.Of(500, "5.5.2", "Command line too long");
    public static readonly SmtpReply LineFlood = SmtpReply.Of(421, "4.7.0", "Command line has no end, closing connection");
    public static readonly SmtpReply BareLineEnding = SmtpReply.Of(421, "4.7.0", "Lines end in CR LF, closing connection");
    public static readonly SmtpReply HelloFirst = SmtpReply.Of(503, "5.5.1", "Send EHLO or HELO first");
    public static readonly SmtpReply MailFirst = SmtpReply.Of(503, "5.5.1", "Send MAIL first");
    public static readonly SmtpReply NestedMail = SmtpReply.Of(503, "5.5.1", "A transaction is open, end it or send RSET");
    public static readonly SmtpReply NotInTransaction = SmtpReply.Of(503, "5.5.1", "Not allowed inside a transaction");
    public static readonly SmtpReply NoRecipients = SmtpReply.Of(554, "5.5.1", "No valid recipients");
    public static readonly SmtpReply NotImplemented = SmtpReply.Of(502, "5.5.1", "Command not implemented");

    // Simple commands
    public static readonly SmtpReply Ok = SmtpReply.Of(250, "2.0.0", "Ok");
    public static readonly SmtpReply Reset = SmtpReply.Of(250, "2.0.0", "Transaction forgotten");
    public static readonly SmtpReply CannotVerify = SmtpReply.Of(252, "2.0.0", "Cannot verify the user, but will accept mail and try to deliver it");
    public static readonly SmtpReply Help =
        SmtpReply.Of(214, "2.0.0", "EHLO HELO STARTTLS AUTH MAIL RCPT DATA BDAT RSET NOOP VRFY HELP QUIT, see RFC 5321");
    public static readonly SmtpReply Bye = SmtpReply.Of(221, "2.0.0", "Closing connection");

    // TLS
    public static readonly SmtpReply TlsReady = SmtpReply.Of(220, "2.0.0", "Ready to start TLS");
    public static readonly SmtpReply TlsActive = SmtpReply.Of(503, "5.5.1", "TLS is already active");
    public static readonly SmtpReply TlsNeedsEhlo = SmtpReply.Of(503, "5.5.1", "Send EHLO before STARTTLS");
    public static readonly SmtpReply TlsNotOffered = SmtpReply.Of(502, "5.5.1", "STARTTLS is not offered here");
    public static readonly SmtpReply TlsUnavailable = SmtpReply.Of(454, "4.7.0", "TLS is not available for the moment");
    public static readonly SmtpReply TlsRequired = SmtpReply.Of(530, "5.7.0", "Send STARTTLS first");
    public static readonly SmtpReply BytesBehindStartTls =
        SmtpReply.Of(554, "5.5.1", "Nothing may follow STARTTLS before the reply to it, closing connection");

    // AUTH
    public static readonly SmtpReply AuthRequired = SmtpReply.Of(530, "5.7.0", "Authentication required");
    public static readonly SmtpReply AuthNeedsEhlo = SmtpReply.Of(503, "5.5.1", "Send EHLO before AUTH");
    public static readonly SmtpReply AuthNotOffered = SmtpReply.Of(502, "5.5.1", "AUTH is not offered here");
    public static readonly SmtpReply AuthNeedsTls = SmtpReply.Of(538, "5.7.11", "Encryption required, send STARTTLS first");
    public static readonly SmtpReply AuthDone = SmtpReply.Of(503, "5.5.1", "Already authenticated");
    public static readonly SmtpReply AuthUnknownMechanism = SmtpReply.Of(504, "5.5.4", "Mechanism not supported, see the EHLO reply");
    public static readonly SmtpReply AuthMalformed = SmtpReply.Of(501, "5.5.2", "Authentication response is malformed");
    public static readonly SmtpReply AuthForeignBinding = SmtpReply.Of(501, "5.5.4", "Channel binding here is tls-server-end-point, use it or SCRAM-SHA-256");
    public static readonly SmtpReply AuthLineTooLong = SmtpReply.Of(500, "5.5.6", "Authentication response is too long");
    public static readonly SmtpReply AuthCancelled = SmtpReply.Of(501, "5.7.0", "Authentication cancelled");
    public static readonly SmtpReply AuthSucceeded = SmtpReply.Of(235, "2.7.0", "Authentication successful");
    public static readonly SmtpReply AuthUnavailable = SmtpReply.Of(454, "4.7.0", "Authentication is not available for the moment");
    public static readonly SmtpReply TooManyAuthFailures = SmtpReply.Of(421, "4.7.0", "Too many failed logins, closing connection");

    // MAIL and RCPT
    public static readonly SmtpReply SenderOk = SmtpReply.Of(250, "2.1.0", "Sender ok");
    public static readonly SmtpReply RecipientOk = SmtpReply.Of(250, "2.1.5", "Recipient ok");
    public static readonly SmtpReply ParametersNeedEhlo = SmtpReply.Of(555, "5.5.4", "Parameters need EHLO, not HELO");
    public static readonly SmtpReply HoldsTwice = SmtpReply.Of(501, "5.5.4", "HOLDFOR and HOLDUNTIL exclude each other");
    public static readonly SmtpReply NeedsSmtpUtf8 = SmtpReply.Of(553, "5.6.7", "Internationalized addresses need the SMTPUTF8 parameter on MAIL");
    public static readonly SmtpReply MessageTooLarge = SmtpReply.Of(552, "5.3.4", "Message is larger than this server accepts, see SIZE in the EHLO reply");
    public static readonly SmtpReply HoldTooLong = SmtpReply.Of(501, "5.5.4", "Held longer than this server allows, see FUTURERELEASE in the EHLO reply");
    public static readonly SmtpReply TooManyRecipients = SmtpReply.Of(452, "4.5.3", "Too many recipients, send the rest in another transaction");

    /// <summary>Letters, digits and hyphens only, so that it may stand in a reply; shortened.</summary>
    public static SmtpReply UnknownParameter(string keyword) =>
        SmtpReply.Of(555, "5.5.4", $"Parameter {(keyword.Length > MaxKeywordShown ? keyword[..MaxKeywordShown] : keyword)} is not implemented");

    public static SmtpReply ParameterNotOffered(string keyword) => SmtpReply.Of(555, "5.5.4", $"Parameter {keyword} is not implemented or not offered in this session");

    public static SmtpReply BadValueOf(string keyword) => SmtpReply.Of(501, "5.5.4", $"Value of {keyword} is not valid");

    // Content
    public static readonly SmtpReply SendContent = SmtpReply.Of(354, "Send content, end with <CRLF>.<CRLF>");
    public static readonly SmtpReply ContentBareLineEnding =
        SmtpReply.Of(550, "5.6.0", "Message has CR or LF alone, lines must end in CR LF; closing connection");
    public static readonly SmtpReply ChunkTaken = SmtpReply.Of(250, "2.0.0", "Chunk taken");
    public static readonly SmtpReply EmptyChunk = SmtpReply.Of(250, "2.0.0", "Empty chunk taken");
    public static readonly SmtpReply ChunkBareLineEnding = SmtpReply.Of(550, "5.6.0", "Message has CR or LF alone, lines must end in CR LF");
    public static readonly SmtpReply ChunkTooLarge =
        SmtpReply.Of(552, "5.3.4", "Chunk is larger than this server accepts, see SIZE in the EHLO reply; closing connection");
    public static readonly SmtpReply ChunksBegun = SmtpReply.Of(503, "5.5.1", "Content has begun with BDAT, only BDAT may follow");
    public static readonly SmtpReply ContentNul = SmtpReply.Of(550, "5.6.0", "Message holds a NUL character");
}
