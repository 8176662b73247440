using System.Globalization;
using System.Text;
using System.Text.Unicode;
using Relay.Mail;

namespace Relay.Smtp;

/// <summary>One command line, without CRLF, to a command (RFC 5321 §4.1.1 and §4.1.2).</summary>
/// <remarks>
/// Strict, but for what the field really sends: spaces at the end of a line (RFC 5321 §4.1.1 asks for it), a space between
/// <c>FROM:</c> or <c>TO:</c> and the path, more than one space between parameters, underscores and bare IP addresses in the
/// EHLO name. Whether a command is allowed now is not decided here.
/// </remarks>
internal static class SmtpCommandParser
{
    private const int MaxHelloName = 255;
    private const int MaxMechanismName = 20;
    private const int StackLimit = 2048;
    private const int MaxSizeDigits = 20;

    private static readonly SmtpReply EmptyLine = SmtpReply.Of(500, "5.5.2", "Empty line where a command was expected");
    private static readonly SmtpReply NotText = SmtpReply.Of(500, "5.5.2", "Command holds control characters or is not UTF-8");
    private static readonly SmtpReply UnknownVerb = SmtpReply.Of(500, "5.5.1", "Command not recognized");
    private static readonly SmtpReply HttpSpoken = SmtpReply.Of(421, "4.7.0", "This is a mail server, closing connection");
    private static readonly SmtpReply NoArguments = SmtpReply.Of(501, "5.5.4", "This command takes no argument");
    private static readonly SmtpReply ArgumentMissing = SmtpReply.Of(501, "5.5.4", "This command needs an argument");
    private static readonly SmtpReply BadHelloName = SmtpReply.Of(501, "5.5.4", "Give your host name or address literal");
    private static readonly SmtpReply BadMailSyntax = SmtpReply.Of(501, "5.5.4", "Syntax: MAIL FROM:<address> [parameters]");
    private static readonly SmtpReply BadRcptSyntax = SmtpReply.Of(501, "5.5.4", "Syntax: RCPT TO:<address> [parameters]");
    private static readonly SmtpReply BadSender = SmtpReply.Of(501, "5.1.7", "Sender address is not a valid mailbox in angle brackets");
    private static readonly SmtpReply BadRecipient = SmtpReply.Of(501, "5.1.3", "Recipient address is not a valid mailbox in angle brackets");
    private static readonly SmtpReply BadParameters = SmtpReply.Of(501, "5.5.4", "Parameters are malformed or given twice");
    private static readonly SmtpReply BadBdatSyntax = SmtpReply.Of(501, "5.5.4", "Syntax: BDAT octets [LAST]; closing connection, what follows cannot be told from commands");
    private static readonly SmtpReply BadAuthSyntax = SmtpReply.Of(501, "5.5.4", "Syntax: AUTH mechanism [initial-response]");

    public static ParsedCommand Parse(ReadOnlySpan<byte> line)
    {
        line = line.TrimEnd(" \t"u8);
        if (line.IsEmpty)
        {
            return ParsedCommand.Malformed(SmtpVerb.Unknown, EmptyLine);
        }

        var space = line.IndexOf((byte)' ');
        var word = space < 0 ? line : line[..space];
        var arguments = space < 0 ? default : line[space..].TrimStart((byte)' ');
        var verb = RecognizeVerb(word);
        if (verb == SmtpVerb.Foreign)
        {
            return ParsedCommand.Malformed(verb, HttpSpoken);
        }

        if (line.ContainsAnyInRange((byte)0, (byte)31) || line.Contains((byte)127) || !Utf8.IsValid(line))
        {
            return ParsedCommand.Malformed(verb, NotText);
        }

        return verb switch
        {
            SmtpVerb.Ehlo or SmtpVerb.Helo => ParseHello(verb, arguments),
            SmtpVerb.Mail => ParsePathCommand(verb, arguments, "FROM:"u8),
            SmtpVerb.Rcpt => ParsePathCommand(verb, arguments, "TO:"u8),
            SmtpVerb.Auth => ParseAuth(arguments),
            SmtpVerb.Bdat => ParseBdat(arguments),
            SmtpVerb.Data => WithoutArguments(SmtpCommand.Plain.Data, arguments),
            SmtpVerb.Rset => WithoutArguments(SmtpCommand.Plain.Rset, arguments),
            SmtpVerb.Quit => WithoutArguments(SmtpCommand.Plain.Quit, arguments),
            SmtpVerb.StartTls => WithoutArguments(SmtpCommand.Plain.StartTls, arguments),
            SmtpVerb.Noop => ParsedCommand.Of(SmtpCommand.Plain.Noop),
            SmtpVerb.Help => ParsedCommand.Of(SmtpCommand.Plain.Help),
            SmtpVerb.Vrfy => WithArgument(SmtpCommand.Plain.Vrfy, arguments),
            SmtpVerb.Expn => WithArgument(SmtpCommand.Plain.Expn, arguments),
            _ => ParsedCommand.Malformed(verb, UnknownVerb),
        };
    }

    private static SmtpVerb RecognizeVerb(ReadOnlySpan<byte> word) => word.Length switch
    {
        3 => Is(word, "GET"u8) || Is(word, "PUT"u8) ? SmtpVerb.Foreign : SmtpVerb.Unknown,
        4 => RecognizeFourLetters(word),
        5 => Is(word, "TRACE"u8) || Is(word, "PATCH"u8) || Is(word, "Host:"u8) ? SmtpVerb.Foreign : SmtpVerb.Unknown,
        6 => Is(word, "DELETE"u8) ? SmtpVerb.Foreign : SmtpVerb.Unknown,
        7 => Is(word, "OPTIONS"u8) || Is(word, "CONNECT"u8) ? SmtpVerb.Foreign : SmtpVerb.Unknown,
        8 => Is(word, "STARTTLS"u8) ? SmtpVerb.StartTls : SmtpVerb.Unknown,
        _ => SmtpVerb.Unknown,
    };

    private static SmtpVerb RecognizeFourLetters(ReadOnlySpan<byte> word) =>
        Is(word, "RCPT"u8) ? SmtpVerb.Rcpt
        : Is(word, "MAIL"u8) ? SmtpVerb.Mail
        : Is(word, "DATA"u8) ? SmtpVerb.Data
        : Is(word, "BDAT"u8) ? SmtpVerb.Bdat
        : Is(word, "EHLO"u8) ? SmtpVerb.Ehlo
        : Is(word, "HELO"u8) ? SmtpVerb.Helo
        : Is(word, "QUIT"u8) ? SmtpVerb.Quit
        : Is(word, "RSET"u8) ? SmtpVerb.Rset
        : Is(word, "NOOP"u8) ? SmtpVerb.Noop
        : Is(word, "AUTH"u8) ? SmtpVerb.Auth
        : Is(word, "VRFY"u8) ? SmtpVerb.Vrfy
        : Is(word, "EXPN"u8) ? SmtpVerb.Expn
        : Is(word, "HELP"u8) ? SmtpVerb.Help
        : Is(word, "POST"u8) || Is(word, "HEAD"u8) ? SmtpVerb.Foreign
        : SmtpVerb.Unknown;

    private static bool Is(ReadOnlySpan<byte> word, ReadOnlySpan<byte> verb) => Ascii.EqualsIgnoreCase(word, verb);

    private static ParsedCommand WithoutArguments(SmtpCommand command, ReadOnlySpan<byte> arguments) =>
        arguments.IsEmpty ? ParsedCommand.Of(command) : ParsedCommand.Malformed(command.Verb, NoArguments);

    private static ParsedCommand WithArgument(SmtpCommand command, ReadOnlySpan<byte> arguments) =>
        arguments.IsEmpty ? ParsedCommand.Malformed(command.Verb, ArgumentMissing) : ParsedCommand.Of(command);

    private static ParsedCommand ParseHello(SmtpVerb verb, ReadOnlySpan<byte> name)
    {
        if (name.IsEmpty || name.Length > MaxHelloName)
        {
            return ParsedCommand.Malformed(verb, BadHelloName);
        }

        foreach (var c in name)
        {
            // Nothing here can break out of the comment or the field in which Received will show the name.
            if (!char.IsAsciiLetterOrDigit((char)c) && c is not ((byte)'.' or (byte)'-' or (byte)'_' or (byte)':' or (byte)'[' or (byte)']'))
            {
                return ParsedCommand.Malformed(verb, BadHelloName);
            }
        }

        return ParsedCommand.Of(new SmtpCommand.Hello(Encoding.ASCII.GetString(name), verb == SmtpVerb.Ehlo));
    }

    private static ParsedCommand ParseAuth(ReadOnlySpan<byte> arguments)
    {
        var space = arguments.IndexOf((byte)' ');
        var mechanism = space < 0 ? arguments : arguments[..space];
        var initial = space < 0 ? default : arguments[(space + 1)..];
        if (mechanism.Length is 0 or > MaxMechanismName || initial.Contains((byte)' ') || !Ascii.IsValid(arguments))
        {
            return ParsedCommand.Malformed(SmtpVerb.Auth, BadAuthSyntax);
        }

        return ParsedCommand.Of(new SmtpCommand.Auth(
            Encoding.ASCII.GetString(mechanism).ToUpperInvariant(),
            initial.IsEmpty ? null : Encoding.ASCII.GetString(initial)));
    }

    // Digits only, no sign, no space: where two servers read different sizes, one of them takes content for commands.
    private static ParsedCommand ParseBdat(ReadOnlySpan<byte> arguments)
    {
        var space = arguments.IndexOf((byte)' ');
        var digits = space < 0 ? arguments : arguments[..space];
        var isLast = space >= 0 && Is(arguments[space..].TrimStart((byte)' '), "LAST"u8);
        if (digits.Length is 0 or > MaxSizeDigits || digits.ContainsAnyExceptInRange((byte)'0', (byte)'9') || (space >= 0 && !isLast))
        {
            return ParsedCommand.Malformed(SmtpVerb.Bdat, BadBdatSyntax);
        }

        var size = long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : long.MaxValue;
        return ParsedCommand.Of(new SmtpCommand.Bdat(size, isLast));
    }

    private static ParsedCommand ParsePathCommand(SmtpVerb verb, ReadOnlySpan<byte> arguments, ReadOnlySpan<byte> keyword)
    {
        var syntax = verb == SmtpVerb.Mail ? BadMailSyntax : BadRcptSyntax;
        if (arguments.Length <= keyword.Length || !Is(arguments[..keyword.Length], keyword))
        {
            return ParsedCommand.Malformed(verb, syntax);
        }

        // "MAIL FROM: <a@example.com>": the space is not in the grammar, but common enough that all servers take it.
        var rest = arguments[keyword.Length..].TrimStart((byte)' ');
        Span<char> buffer = rest.Length <= StackLimit ? stackalloc char[StackLimit] : new char[rest.Length];
        var text = buffer[..Encoding.UTF8.GetChars(rest, buffer)];
        if (!PathParser.TryRead(text, out var path, out var parameterText))
        {
            return ParsedCommand.Malformed(verb, verb == SmtpVerb.Mail ? BadSender : BadRecipient);
        }

        if (!EsmtpParameterParser.TryParse(parameterText, out var parameters))
        {
            return ParsedCommand.Malformed(verb, BadParameters);
        }

        return verb == SmtpVerb.Mail ? MailOf(path, parameters) : RcptOf(path, parameters);
    }

    private static ParsedCommand MailOf(PathParser.ParsedPath path, IReadOnlyList<EsmtpParameter> parameters) =>
        path.Kind switch
        {
            PathParser.PathKind.Mailbox or PathParser.PathKind.Null =>
                ParsedCommand.Of(new SmtpCommand.Mail(new ReversePath(path.Mailbox), path.IsAscii, parameters)),
            _ => ParsedCommand.Malformed(SmtpVerb.Mail, BadSender),
        };

    private static ParsedCommand RcptOf(PathParser.ParsedPath path, IReadOnlyList<EsmtpParameter> parameters) =>
        path.Kind switch
        {
            PathParser.PathKind.Mailbox or PathParser.PathKind.Postmaster =>
                ParsedCommand.Of(new SmtpCommand.Rcpt(path.Mailbox, path.IsAscii, parameters)),
            _ => ParsedCommand.Malformed(SmtpVerb.Rcpt, BadRecipient),
        };
}
