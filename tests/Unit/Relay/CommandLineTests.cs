using Xunit;

namespace Relay.Tests.Unit;

public sealed class CommandLineTests
{
    [Theory]
    [InlineData("", "serve")]
    [InlineData("--sandbox", "serve")]
    [InlineData("--config relay.toml", "serve")]
    [InlineData("status --json", "status")]
    [InlineData("queue list --state deferred", "queue list")]
    [InlineData("queue hold --domain example.com", "queue hold")]
    [InlineData("dkim retire example.com r1", "dkim retire")]
    public void Finds_the_command(string line, string command) => Assert.Equal(command, Parse(line).Command.Name);

    [Fact]
    public void Reads_arguments_and_options_in_any_order()
    {
        var invocation = Parse("queue show --config=a.toml 01abc --json");

        Assert.Equal(["01abc"], invocation.Arguments);
        Assert.Equal("a.toml", invocation.Option("config"));
        Assert.True(invocation.Has("json"));
        Assert.Null(invocation.Option("state"));
    }

    [Fact]
    public void Options_that_repeat_gather_their_values()
    {
        var invocation = Parse("key create --name app --scope full --domain example.com --domain=example.org,example.net --network 192.0.2.0/24");

        Assert.Equal(["example.com", "example.org", "example.net"], invocation.List("domain"));
        Assert.Equal(["192.0.2.0/24"], invocation.List("network"));
        Assert.Empty(Parse("key create").List("domain"));
        Assert.Equal("b", Parse("key create --name a --name b").Option("name"));
    }

    [Theory]
    [InlineData("90d", "2027-02-19T12:00:00Z")]
    [InlineData("1h", "2026-11-21T13:00:00Z")]
    [InlineData("2027-01-31", "2027-01-31T00:00:00Z")]
    [InlineData("2027-01-31T10:00:00+02:00", "2027-01-31T08:00:00Z")]
    public void An_expiry_is_a_time_from_now_or_a_date(string text, string expected)
    {
        var now = new DateTimeOffset(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);
        Assert.Equal(DateTimeOffset.Parse(expected, System.Globalization.CultureInfo.InvariantCulture), KeyCommands.Expiry(text, now));
    }

    [Theory]
    [InlineData("0")]
    [InlineData("soon")]
    [InlineData("31.1.2027")]
    public void Other_expiries_are_refused(string text) =>
        Assert.Throws<UsageException>(() => KeyCommands.Expiry(text, DateTimeOffset.UnixEpoch));

    [Theory]
    [InlineData("frobnicate", "unknown command 'frobnicate'; 'relay help' lists the commands")]
    [InlineData("queue", "'relay queue' needs one of: list, show, hold, release, retry, cancel, bounce, rebind, job, stop, ages")]
    [InlineData("queue drop", "'relay queue' needs one of: list, show, hold, release, retry, cancel, bounce, rebind, job, stop, ages")]
    [InlineData("status --fast", "'relay status' has no option --fast; 'relay status --help' lists them")]
    [InlineData("status --json=yes", "--json takes no value")]
    [InlineData("queue list --state", "--state needs a value: --state STATE")]
    [InlineData("queue show", "'relay queue show' needs ID: relay queue show ID [--json]")]
    [InlineData("status now", "'now' is one argument too many: relay status [--json] [--ready]")]
    public void Says_what_is_wrong_and_what_there_is(string line, string message) =>
        Assert.Equal(message, Assert.Throws<UsageException>(() => Parse(line)).Message);

    [Theory]
    [InlineData("help", "Commands (without one: serve):")]
    [InlineData("help queue list", "relay queue list [--state STATE]")]
    [InlineData("help queue", "  queue ages ")]
    [InlineData("queue --help", "  queue hold [ID] ")]
    [InlineData("help backup", "relay backup FOLDER")]
    public void Helps_with_everything_a_group_or_one_command(string line, string expected)
    {
        Assert.True(CommandHelp.IsAskedFor(line.Split(' '), CommandTable.All, out var words));
        Assert.Contains(expected, CommandHelp.Of(words, CommandTable.All), StringComparison.Ordinal);
    }

    [Fact]
    public void Helps_with_nothing_that_is_not_there() =>
        Assert.Equal("unknown command 'queues'; 'relay help' lists the commands", Assert.Throws<UsageException>(() => CommandHelp.Of(["queues"], CommandTable.All)).Message);

    [Theory]
    [InlineData("queue --help")]
    [InlineData("queue -h --config relay.toml")]
    [InlineData("queue --config relay.toml --help")]
    public void Helps_with_a_group_whatever_else_is_given(string line)
    {
        Assert.True(CommandHelp.IsAskedFor(line.Split(' '), CommandTable.All, out var words));
        Assert.Equal("queue", Assert.Single(words));
    }

    [Theory]
    [InlineData("queue show --help")]
    [InlineData("backup /tmp/x --help")]
    [InlineData("status --help")]
    public void Help_of_one_command_is_its_own(string line) => Assert.False(CommandHelp.IsAskedFor(line.Split(' '), CommandTable.All, out _));

    [Fact]
    public void Acts_answer_in_json_as_well() =>
        Assert.All(
            CommandTable.All.Where(command => command.Name is "queue hold" or "queue release" or "queue retry" or "queue cancel" or "queue bounce" or "queue rebind" or "queue job" or "message deliver" or "privacy erase" or "privacy export"),
            command => Assert.Contains(command.Options, option => option.Name == "json"));

    [Fact]
    public void Help_asks_for_no_arguments() => Assert.True(Parse("queue show --help").Has("help"));

    [Fact]
    public void Every_command_has_its_own_name_and_a_summary()
    {
        Assert.Equal(CommandTable.All.Count, CommandTable.All.Select(command => command.Name).Distinct().Count());
        Assert.All(CommandTable.All, command => Assert.NotEmpty(command.Summary));
        Assert.All(CommandTable.All.SelectMany(command => command.Options), option => Assert.NotEmpty(option.Summary));
    }

    [Theory]
    [InlineData("help")]
    [InlineData("--help")]
    [InlineData("-h")]
    public async Task Help_lists_every_command(string word)
    {
        var (code, output, _) = await RunAsync(word);

        Assert.Equal(ExitCodes.Ok, code);
        Assert.All(CommandTable.All, command => Assert.Contains("  " + command.Name, output, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Help_of_a_command_lists_its_options()
    {
        var (code, output, _) = await RunAsync("queue", "list", "--help");

        Assert.Equal(ExitCodes.Ok, code);
        Assert.All(["--state STATE", "--domain DOMAIN", "--limit N", "--json", "--config FILE"], option => Assert.Contains(option, output, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_wrong_use_goes_to_the_error_output_with_code_64()
    {
        var (code, output, error) = await RunAsync("frobnicate");

        Assert.Equal((64, ""), (code, output));
        Assert.StartsWith("relay: unknown command 'frobnicate'", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_configuration_is_code_78_with_all_faults()
    {
        var (code, _, error) = await RunAsync("check", "--config", Path.Combine(Path.GetTempPath(), "relay-is-not-there.toml"));

        Assert.Equal(78, code);
        Assert.Contains("does not exist", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tells_its_version() => Assert.Matches(@"^relay \d+\.\d+\.\d+", (await RunAsync("version")).Output);

    [Theory]
    [InlineData("suspend add", "scope: one of account, user", "KIND: one of account, user")]
    [InlineData("suspend add", "name: 'x y' is not a domain", "NAME: 'x y' is not a domain")]
    [InlineData("suspend add", "until: must be ahead", "--for: must be ahead")]
    [InlineData("site suspend", "name: 1 to 256 characters", "SITE: 1 to 256 characters")]
    [InlineData("queue hold", "messageId: 'x' is not a queue id", "ID: 'x' is not a queue id")]
    [InlineData("queue list", "state: 'x' is none of: held", "--state: 'x' is none of: held")]
    [InlineData("queue rebind", "to: there is no [rule.x]", "--to: there is no [rule.x]")]
    [InlineData("route explain", "to: 'x' is not an address", "ADDRESS: 'x' is not an address")]
    [InlineData("message deliver", "recipients: 1 to 100", "--to: 1 to 100")]
    [InlineData("domain add", "name: 'x' is not a domain name", "DOMAIN: 'x' is not a domain name")]
    [InlineData("dkim list", "domain: 'x' is not a domain name", "DOMAIN: 'x' is not a domain name")]
    [InlineData("suppression add", "expiresAt: a time that is not over yet", "--expires: a time that is not over yet")]
    [InlineData("job show", "id: 'foo' is not an id", "JOB: 'foo' is not an id")]
    [InlineData("key limit", "emailsPerHour: a number", "--emails-per-hour: a number")]
    [InlineData("suspend end", "there is no suspension 7", "there is no suspension 7")]
    [InlineData("suspend end", "the store does not answer: try again", "the store does not answer: try again")]
    public void A_refusal_of_the_api_reads_in_the_words_of_the_usage(string command, string refusal, string expected) =>
        Assert.Equal(expected, CommandTable.All.Single(spec => spec.Name == command).InItsWords(refusal));

    [Fact]
    public void What_stands_for_a_field_of_the_api_is_what_the_command_takes() => Assert.All(CommandTable.All, command => Assert.Subset(
        command.Arguments.Select(argument => argument.Trim('[', ']')).Concat(command.Options.Select(option => "--" + option.Name)).ToHashSet(),
        command.Fields.Values.ToHashSet()));

    private static Invocation Parse(string line) =>
        CommandLine.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries), CommandTable.All);

    private static async Task<(int Code, string Output, string Error)> RunAsync(params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await CommandRunner.RunAsync(args, TextReader.Null, output, error);
        return (code, output.ToString(), error.ToString());
    }
}
