using System.Text;
using Relay.Mail;
using Relay.Smtp.Server;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

/// <summary>One round through a maildrop in which others may have put anything.</summary>
public sealed class MaildropServiceTests : IDisposable
{
    private const int MaxMessageBytes = 1000;

    private readonly TemporaryFolder _folder = new();
    private readonly ManualTimeProvider _time = new();
    private readonly CollectingLogger<MaildropService> _log = new();
    private readonly PickySink _sink = new();
    private readonly Maildrop _maildrop;
    private readonly MaildropService _service;

    public MaildropServiceTests()
    {
        _maildrop = new Maildrop(_folder.File("maildrop"));
        _service = new MaildropService(_maildrop, MaxMessageBytes, _sink, _time, _log);
        _maildrop.Create();
    }

    public void Dispose()
    {
        _service.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task What_one_user_is_told_to_send_later_keeps_nobody_else_waiting()
    {
        Drop("later@example.com");
        Drop("now@example.com");

        Assert.Equal(1, await TakeInAsync());

        Assert.Equal(["now@example.com"], Taken());
        Assert.Single(_maildrop.Waiting());
        Assert.Equal(0, await TakeInAsync());
        Assert.Empty(Refused());
    }

    [Fact]
    public async Task While_the_store_is_unwell_the_others_are_not_tried()
    {
        Drop("closed@example.com");
        Drop("closed@example.com");

        Assert.Equal(0, await TakeInAsync());

        Assert.Equal(1, _sink.Begun);
        Assert.Equal(2, _maildrop.Waiting().Count());
    }

    [Fact]
    public async Task What_is_refused_for_good_is_put_aside_once_with_a_line_in_the_log()
    {
        Drop("never@example.com");
        Drop("now@example.com");

        Assert.Equal(1, await TakeInAsync());
        Assert.Equal(0, await TakeInAsync());

        var refused = Assert.Single(Refused());
        Assert.EndsWith($" left in the maildrop was refused and is kept there as {Path.GetFileName(refused)}: 550 5.7.1 never", Assert.Single(_log.Lines), StringComparison.Ordinal);
        Assert.Equal(["now@example.com"], Taken());
    }

    [Fact]
    public async Task A_message_comes_from_the_owner_of_its_file()
    {
        Drop("now@example.com");

        await TakeInAsync();

        Assert.Equal(OperatingSystem.IsLinux() ? FileOwner.Ourselves : null, Assert.Single(_sink.Inner.Messages).Session.LocalUserId);
    }

    [Theory]
    [InlineData(MaxMessageBytes, 1)]
    [InlineData(MaxMessageBytes + 1, 0)]
    [InlineData(2 * 1024 * 1024, 0)]
    public async Task Takes_no_message_larger_than_a_listener_does(int sizeBytes, int expected)
    {
        await File.WriteAllTextAsync(_maildrop.Folder + "/x.mail", "{\"To\":[\"now@example.com\"]}\n" + new string('x', sizeBytes - 2) + "\r\n");

        Assert.Equal(expected, await TakeInAsync());

        Assert.Equal(1 - expected, Refused().Length);
    }

    [Fact]
    public async Task Neither_a_link_nor_a_second_name_of_another_file_is_taken()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        Drop("now@example.com");
        var elsewhere = _folder.File("elsewhere");
        File.Move(Assert.Single(_maildrop.Waiting()).FullName, elsewhere);
        File.CreateSymbolicLink(_maildrop.Folder + "/link.mail", elsewhere);
        File.CreateSymbolicLink(_maildrop.Folder + "/nowhere.mail", "/nowhere");
        Assert.Equal(0, (await RunningProgram.RunAsync("ln", [elsewhere, _maildrop.Folder + "/second.mail"])).ExitCode);

        Assert.Equal(0, await TakeInAsync());

        Assert.Equal(3, Refused().Length);
        Assert.Empty(_maildrop.Waiting());
        Assert.True(File.Exists(elsewhere));
    }

    [Fact]
    public async Task What_was_left_half_written_goes_after_a_day()
    {
        var path = _maildrop.Folder + "/x.mail.new";
        await File.WriteAllTextAsync(path, "{");
        File.SetLastWriteTimeUtc(path, _time.GetUtcNow().UtcDateTime);

        await TakeInAsync();
        Assert.True(File.Exists(path));

        _time.Advance(TimeSpan.FromHours(25));
        await TakeInAsync();
        Assert.False(File.Exists(path));
    }

    [Fact]
    public void Is_open_to_write_for_everybody_and_to_list_for_nobody_else()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        Assert.Equal("1733", ModeOf(_maildrop.Folder));
        foreach (var (before, after) in new[] { ("0777", "1733"), ("1777", "1733"), ("0770", "1730"), ("1730", "1730"), ("0755", "0755"), ("0700", "0700") })
        {
            File.SetUnixFileMode(_maildrop.Folder, (UnixFileMode)Convert.ToInt32(before, 8));
            _maildrop.Create();
            Assert.Equal(after, ModeOf(_maildrop.Folder));
        }
    }

    [Theory]
    [InlineData("/srv/drop", true)]
    [InlineData("/srv/other", false)]
    public void Doctor_tells_whether_users_leave_mail_where_the_server_looks(string told, bool isWell)
    {
        File.WriteAllText(_folder.File("sendmail.toml"), $"[local]\nmaildrop = \"{told}\"\n");
        var options = new ConfigurationFixture().Options("[local]\nmaildrop = \"/srv/drop\"\n");

        Assert.Equal(isWell ? DoctorState.Ok : DoctorState.Fail, new MachineChecks(options, _folder.File("relay.toml")).Sendmail()!.State);
        Assert.Null(new MachineChecks(options, null).Sendmail());
    }

    [System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    private static string ModeOf(string path) => Convert.ToString((int)File.GetUnixFileMode(path), 8).PadLeft(4, '0');

    private async Task<int> TakeInAsync() => await _service.TakeInAsync(CancellationToken.None);

    private string[] Refused() => Directory.GetFiles(_maildrop.Folder, "*.refused");

    private IEnumerable<string> Taken() => _sink.Inner.Messages.Select(message => message.Envelope.Recipients[0].Mailbox.ToString());

    private void Drop(string recipient)
    {
        var envelope = new Envelope { ReversePath = ReversePath.Null, Recipients = [new EnvelopeRecipient(Mailbox.Parse(recipient))] };
        _maildrop.Add(new SendmailMessage(envelope, Encoding.ASCII.GetBytes("Subject: x\r\n\r\ny\r\n")));
    }

    /// <summary>Answers as the recipient's name says.</summary>
    private sealed class PickySink : IMessageSink
    {
        public CollectingSink Inner { get; } = new();

        public int Begun { get; private set; }

        public ValueTask<MessageSinkResult> BeginAsync(SmtpSession session, Envelope envelope, CancellationToken cancellationToken)
        {
            Begun++;
            var name = envelope.Recipients[0].Mailbox.LocalPart;
            Inner.Refusal = name == "closed" ? SmtpReply.Of(452, "4.3.1", "no room") : null;
            Inner.Reply = name switch
            {
                "later" => SmtpReply.Of(450, "4.7.1", "later"),
                "never" => SmtpReply.Of(550, "5.7.1", "never"),
                _ => SmtpReply.Of(250, "2.0.0", "taken"),
            };
            return Inner.BeginAsync(session, envelope, cancellationToken);
        }
    }
}
