using System.Text;
using System.Text.Json;
using Relay.Mail;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class MessageIdFieldTests
{
    public static TheoryData<string, string[]> FieldCases()
    {
        var cases = new TheoryData<string, string[]>();
        using var file = JsonDocument.Parse(File.ReadAllText(TestData.Path("messages-mail-parser", "fields", "id.json")));
        foreach (var test in file.RootElement.EnumerateArray())
        {
            var expected = test.GetProperty("expected");
            var ids = expected.ValueKind == JsonValueKind.Null ? [] : expected.EnumerateArray().Select(id => id.GetString()!).ToArray();
            cases.Add(test.GetProperty("header").GetString()!, ids);
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(FieldCases))]
    public void Reads_the_identifiers_the_field_sends(string field, string[] ids)
    {
        var value = HeaderBlock.Parse(Encoding.UTF8.GetBytes("References: " + field)).Value("References")!;

        Assert.Equal(ids, MessageIdField.ParseList(value));
    }

    [Fact]
    public void Makes_identifiers_and_refuses_parts_that_would_break_them()
    {
        Assert.Equal("<q1@relay.example.com>", MessageIdField.Make("q1", "relay.example.com"));
        Assert.Throws<ArgumentException>(() => MessageIdField.Make("q 1", "relay.example.com"));
        Assert.Throws<ArgumentException>(() => MessageIdField.Make("q1", "relay>\r\nBcc: <x"));
    }
}
