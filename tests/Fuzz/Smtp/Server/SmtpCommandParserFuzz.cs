using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Relay.Mail;
using Relay.Smtp;
using Xunit;

namespace Relay.Tests.Fuzz;

public sealed class SmtpCommandParserFuzz
{
    private static readonly string[] Openings =
        ["", "MAIL FROM:<", "RCPT TO:<", "EHLO ", "AUTH PLAIN ", "MAIL FROM:<a@example.com> ", "RCPT TO:<@a.example:", "MAIL FROM:<\"", "VRFY ", "BDAT ", "BDAT 1"];

    [Fact]
    public void Any_bytes_give_a_command_or_a_permanent_reply()
    {
        var lines =
            from opening in Gen.Elements(Openings)
            from rest in ArbMap.Default.GeneratorFor<byte[]>()
            select (byte[])[.. Encoding.ASCII.GetBytes(opening), .. rest];
        Prop.ForAll(lines.ToArbitrary(), line =>
        {
            var parsed = SmtpCommandParser.Parse(line);
            return parsed.Command is null
                ? parsed.Error is { Code: 421 or 500 or 501 }
                : parsed.Error is null && parsed.Command.Verb == parsed.Verb;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(5000));
    }

    [Fact]
    public void Near_misses_of_the_grammar_never_throw()
    {
        var characters = Gen.Elements("<>@\"\\:,.[] =aZ9-_é用\t\0".ToCharArray());
        var lines =
            from opening in Gen.Elements(Openings)
            from rest in characters.ArrayOf()
            select opening + new string(rest);
        Prop.ForAll(lines.ToArbitrary(), line =>
        {
            var parsed = SmtpCommandParser.Parse(Encoding.UTF8.GetBytes(line));
            return (parsed.Command is null) != (parsed.Error is null);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(5000));
    }

    [Fact]
    public void Mail_round_trips()
    {
        var mails =
            from mailbox in Mailboxes()
            from isNull in Gen.Frequency((1, Gen.Constant(true)), (5, Gen.Constant(false)))
            from parameters in Parameters()
            select (Path: isNull ? string.Empty : mailbox, Parameters: parameters);
        Prop.ForAll(mails.ToArbitrary(), mail =>
        {
            var wire = $"MAIL FROM:<{mail.Path}>{string.Concat(mail.Parameters.Select(p => " " + p.Keyword + (p.Value is null ? "" : "=" + p.Value)))}";
            return SmtpCommandParser.Parse(Encoding.UTF8.GetBytes(wire)).Command is SmtpCommand.Mail read
                && read.ReversePath.ToString() == mail.Path
                && read.Parameters.SequenceEqual(mail.Parameters);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
    }

    [Fact]
    public void Rcpt_round_trips_with_and_without_a_source_route()
    {
        var recipients =
            from mailbox in Mailboxes()
            from route in Gen.Elements("", "@hop.example:", "@hop.example,@other.example:")
            select (Mailbox: mailbox, Route: route);
        Prop.ForAll(recipients.ToArbitrary(), rcpt =>
            SmtpCommandParser.Parse(Encoding.UTF8.GetBytes($"RCPT TO:<{rcpt.Route}{rcpt.Mailbox}>")).Command is SmtpCommand.Rcpt read
            && read.Mailbox!.ToString() == rcpt.Mailbox).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
    }

    // Canonical text, as the mailbox itself prints it.
    private static Gen<string> Mailboxes()
    {
        var characters = Gen.Elements("abcXYZ019!#$%&'*+-/=?^_`{|}~.\"\\ <>@(),:;ü".ToCharArray());
        return
            from local in characters.NonEmptyListOf()
            from label in Gen.Elements("example.com", "a-b.example.net", "xn--mnchen-3ya.example", "[192.0.2.1]", "[IPv6:2001:db8::1]")
            let text = "\"" + string.Concat(local.Take(20)).Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal) + "\"@" + label
            where Mailbox.TryParse(text, out _)
            select Mailbox.Parse(text).ToString();
    }

    private static Gen<EsmtpParameter[]> Parameters()
    {
        var one =
            from keyword in Gen.Elements("SIZE", "BODY", "SMTPUTF8", "AUTH", "X-1", "RET", "ENVID")
            from value in Gen.Elements(null, "1", "8BITMIME", "<>", "a+2Bb", "rfc822;a@example.com")
            select new EsmtpParameter(keyword, value);
        return one.ListOf().Select(list => list.DistinctBy(p => p.Keyword).ToArray());
    }
}
