using System.Text;
using Relay.Mail;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class SendmailTests
{
    private static readonly RelayOptions Options = new ConfigurationFixture().Options("hostname = \"host.example.com\"");
    private static readonly RelayOptions WithPostmaster =
        new ConfigurationFixture().Options("hostname = \"host.example.com\"\n[local]\npostmaster = \"ops@example.net\"");

    [Fact]
    public void Understands_how_programs_call_it()
    {
        // PHP, cron and mail(1)
        Assert.Equal((true, true), Read("-t", "-i", a => (a.ReadsRecipients, a.IgnoresDots)));
        Assert.Equal((true, "www@example.com"), Read("-oi", "-f", "www@example.com", a => (a.IgnoresDots, a.Sender)));
        Assert.Equal(("root", "cron"), Read("-FCronDaemon", "-i", "-odi", "-oem", "-oi", "-froot", "cron", a => (a.Sender, a.Recipients[0])));
        Assert.Equal("", SendmailArguments.Parse(["-f", "<>", "a@example.com"]).Sender);
        Assert.Equal(DsnNotify.Success | DsnNotify.Failure, SendmailArguments.Parse(["-N", "success,failure"]).Notify);
        Assert.Equal(DsnReturn.Headers, SendmailArguments.Parse(["-Rhdrs"]).Return);
        Assert.Equal(["-x@example.com"], SendmailArguments.Parse(["--", "-x@example.com"]).Recipients);
        Assert.True(SendmailArguments.Parse(["-bs"]).SpeaksSmtp);
        Assert.True(SendmailArguments.Parse(["-bp"]).ListsQueue);
        Assert.True(SendmailArguments.Parse(["-q15m"]).OnlyRunsQueue);
    }

    [Theory]
    [InlineData("-bv")]
    [InlineData("-f")]
    [InlineData("-N", "sometimes")]
    [InlineData("-N", "never,success")]
    [InlineData("-R", "half")]
    [InlineData("-Z")]
    public void Refuses_what_it_cannot_obey(params string[] args) => Assert.Throws<UsageException>(() => SendmailArguments.Parse(args));

    [Fact]
    public void Makes_a_message_whole()
    {
        var made = Make("Subject: disk\n\nfull\n.\nnot this\n", ["-F", "Cron Daemon", "ops@example.net"]);

        Assert.Equal("From: Cron Daemon <www@host.example.com>\r\nSubject: disk\r\n\r\nfull\r\n", made.Content);
        Assert.Equal("www@host.example.com", made.Envelope.ReversePath.ToString());
        Assert.Equal(["ops@example.net"], made.Envelope.Recipients.Select(r => r.Mailbox.ToString()));
    }

    [Fact]
    public void Takes_recipients_from_the_header_and_hides_those_of_bcc()
    {
        var made = Make("From: a@example.com\nTo: B <b@example.com>,\n c@example.com\nBcc: d@example.com,\n b@example.com\nCc: root\n\n.\nx", ["-t", "-i"], WithPostmaster);

        Assert.Equal(
            ["b@example.com", "c@example.com", "postmaster@host.example.com", "d@example.com"], made.Envelope.Recipients.Select(r => r.Mailbox.ToString()));
        Assert.Equal("From: a@example.com\r\nTo: B <b@example.com>,\r\n c@example.com\r\nCc: root\r\n\r\n.\r\nx\r\n", made.Content);
    }

    [Fact]
    public void A_comma_in_an_encoded_name_makes_no_second_recipient()
    {
        var made = Make("From: a@example.com\nTo: =?utf-8?q?Doe=2C_J=C3=BCrgen?= <b@example.com>\n\nx", ["-t", "-i"], WithPostmaster);

        Assert.Equal(["b@example.com"], made.Envelope.Recipients.Select(r => r.Mailbox.ToString()));
    }

    [Fact]
    public void A_body_without_header_stays_a_body() =>
        Assert.Equal("From: www@host.example.com\r\n\r\njust text\r\n", Make("just text\n", ["root"]).Content);

    [Theory]
    [InlineData("x")]
    [InlineData("To: nobody in particular;\n\nx")]
    public void Refuses_a_message_to_nobody(string text) => Assert.Throws<UsageException>(() => Make(text, ["-t"]));

    [Fact]
    public void A_dropped_message_is_read_back_as_it_was()
    {
        using var folder = new Support.TemporaryFolder();
        var maildrop = new Maildrop(Path.Combine(folder.Path, "maildrop"));
        var message = SendmailMessage.Make(
            SendmailArguments.Parse(["-N", "never", "-R", "hdrs", "-V", "x y", "-f", "<>", "a@example.com", "b@example.com"]), "From: c@example.com\n\nä\n"u8.ToArray(), "www", Options);

        maildrop.Create();
        maildrop.Add(message);

        var read = Maildrop.Read(File.ReadAllBytes(Assert.Single(maildrop.Waiting()).FullName));
        Assert.Equal(message.Content, read.Content);
        Assert.Equal(message.Envelope.Recipients, read.Envelope.Recipients);
        Assert.Equal(message.Envelope with { Recipients = [] }, read.Envelope with { Recipients = [] }, new EnvelopeFacts());
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}\n")]
    [InlineData("no json\nx")]
    [InlineData("{\"To\":[]}\nx")]
    [InlineData("{\"To\":[\"nonsense\"]}\n")]
    [InlineData("{\"To\":[\"a@example.com\"],\"Body\":2}\n")]
    [InlineData("{\"To\":[\"a@example.com\"],\"Notify\":3}\n")]
    [InlineData("{\"To\":[\"a@example.com\"],\"Notify\":16}\n")]
    [InlineData("{\"To\":[\"a@example.com\"],\"Return\":9}\n")]
    [InlineData("{\"To\":[\"a@example.com\"],\"EnvelopeId\":\"x\\r\\nRSET\"}\n")]
    [InlineData("{\"To\":[\"a@example.com\"]}\nSubject: x\n")]
    [InlineData("{\"To\":[\"a@example.com\"]}\nSubject: x\r\n\r\na\n.\n")]
    [InlineData("{\"To\":[\"a@example.com\"]}\nSubject: x\r\n\r\na\rb\r\n")]
    [InlineData("{\"To\":[\"a@example.com\"]}\nSubject: x\r\n\r\na\0b\r\n")]
    [InlineData("{\"To\":[\"a@example.com\"]}\nSubject: x\r\n\r\nno end")]
    public void A_foreign_file_is_no_message(string text) => Assert.ThrowsAny<FormatException>(() => Maildrop.Read(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void What_a_dropped_envelope_does_not_say_of_its_content_is_seen()
    {
        var read = Maildrop.Read("{\"From\":null,\"To\":[\"jörg@example.com\"]}\nSubject: x\r\n\r\nä\r\n"u8.ToArray());

        Assert.Equal((BodyType.EightBitMime, true), (read.Envelope.BodyType, read.Envelope.SmtpUtf8));
    }

    [Theory]
    [InlineData("/usr/sbin/sendmail", "-v")]
    [InlineData("/usr/bin/mailq", "-bp -v")]
    [InlineData("relay", null)]
    [InlineData("/opt/relay/relay", null)]
    public void Knows_its_other_names(string path, string? arguments) =>
        Assert.Equal(arguments?.Split(' '), SendmailCommand.ArgumentsOf(path, ["-v"]));

    private static (Envelope Envelope, string Content) Make(string text, string[] args, RelayOptions? options = null)
    {
        var made = SendmailMessage.Make(SendmailArguments.Parse(args), Encoding.UTF8.GetBytes(text), "www", options ?? Options);
        return (made.Envelope, Encoding.UTF8.GetString(made.Content));
    }

    private static T Read<T>(string one, string two, Func<SendmailArguments, T> facts) => facts(SendmailArguments.Parse([one, two]));

    private static T Read<T>(string one, string two, string three, Func<SendmailArguments, T> facts) => facts(SendmailArguments.Parse([one, two, three]));

    private static T Read<T>(string a, string b, string c, string d, string e, string f, string g, Func<SendmailArguments, T> facts) =>
        facts(SendmailArguments.Parse([a, b, c, d, e, f, g]));

    private sealed class EnvelopeFacts : IEqualityComparer<Envelope>
    {
        public bool Equals(Envelope? x, Envelope? y) =>
            (x!.ReversePath, x.BodyType, x.SmtpUtf8, x.Return, x.EnvelopeId) == (y!.ReversePath, y.BodyType, y.SmtpUtf8, y.Return, y.EnvelopeId);

        public int GetHashCode(Envelope obj) => 0;
    }
}
