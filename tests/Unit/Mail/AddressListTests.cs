using System.Text;
using System.Text.Json;
using Relay.Mail;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class AddressListTests
{
    /// <summary>Field values with the addresses of each entry; names only where no comment is part of the expected one.</summary>
    public static TheoryData<string, string> FieldCases()
    {
        var cases = new TheoryData<string, string>();
        using var file = JsonDocument.Parse(File.ReadAllText(TestData.Path("messages-mail-parser", "fields", "address.json")));
        foreach (var test in file.RootElement.EnumerateArray())
        {
            cases.Add(test.GetProperty("header").GetString()!, test.GetProperty("expected").GetRawText());
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(FieldCases))]
    public void Reads_the_addresses_the_field_sends(string field, string expectedJson)
    {
        var list = HeaderBlock.Parse(Encoding.UTF8.GetBytes("To: " + field)).Addresses("To");

        using var expected = JsonDocument.Parse(expectedJson);
        var wanted = Flatten(expected.RootElement).Where(entry => Mailbox.TryParse(entry.Address, out _)).ToList();
        Assert.Equal(wanted.Select(entry => entry.Address), list.Where(IsPlain).Select(named => named.Mailbox.ToString()), StringComparer.OrdinalIgnoreCase);
        if (!field.Contains('('))
        {
            Assert.Equal(wanted.Select(entry => entry.Name), list.Where(IsPlain).Select(named => named.DisplayName));
        }

        // Addresses with a route or space around dots are read here and kept raw there.
        bool IsPlain(NamedMailbox named) => wanted.Exists(entry => entry.Address.Equals(named.Mailbox.ToString(), StringComparison.OrdinalIgnoreCase));
    }

    [Theory]
    [InlineData("Mary Smith <@node.test:mary@example.net>, , jdoe@test  . example", "mary@example.net jdoe@test.example")]
    [InlineData("Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>", "pete@silly.test")]
    [InlineData("John Doe <jdoe@machine(comment).  example>", "jdoe@machine.example")]
    [InlineData("1234   @   local(blah)  .machine .example", "1234@local.machine.example")]
    [InlineData("\"a b\".c@example.com", "\"a b.c\"@example.com")]
    [InlineData("user@[IPv6:2001:db8::1], other@example.com", "user@[IPv6:2001:db8::1] other@example.com")]
    [InlineData("a@example.com <b@example.com>", "b@example.com")]
    [InlineData("<a@example.com> <b@example.com>", "a@example.com b@example.com")]
    [InlineData("John <a@example.com, c@example.com", "a@example.com c@example.com")]
    public void Reads_obsolete_and_broken_forms(string field, string addresses)
    {
        Assert.Equal(addresses, string.Join(' ', AddressList.Parse(field).Select(named => named.Mailbox)));
    }

    [Theory]
    [InlineData("nobody")]
    [InlineData("a@b@example.com")]
    [InlineData("foo bar@example.com")]
    [InlineData("a..b@example.com")]
    [InlineData("\"a\"b@example.com")]
    [InlineData("<>")]
    [InlineData("x <mailto:a@example.com>")]
    public void Reports_what_is_no_address(string field)
    {
        var list = AddressList.Parse(field);

        Assert.Empty(list);
        Assert.Single(list.Unparsed);
    }

    [Fact]
    public void Keeps_groups()
    {
        var list = AddressList.Parse("a@example.com, Friends: b@example.com, c@example.com; d@example.com, Nobody:;");

        Assert.Equal([null, "Friends", null, "Nobody"], list.Groups.Select(group => group.Name));
        Assert.Equal([1, 2, 1, 0], list.Groups.Select(group => group.Members.Count));
        Assert.Equal("a@example.com, Friends: b@example.com, c@example.com;, d@example.com, Nobody: ;", list.ToHeaderText());
    }

    [Theory]
    [InlineData("b@example.org: a@example.com;")]
    [InlineData("B <b@example.org>: a@example.com;")]
    [InlineData("Friends: <b@example.org>: a@example.com;")]
    public void An_address_is_no_name_of_a_group(string text) =>
        Assert.Equal(["b@example.org", "a@example.com"], AddressList.Parse(text).Select(member => member.Mailbox.ToString()));

    [Fact]
    public void A_comment_without_end_may_hide_addresses()
    {
        var list = AddressList.Parse("a@example.com (x <b@example.org>");

        Assert.Equal(["a@example.com"], list.Select(member => member.Mailbox.ToString()));
        Assert.Equal(["(x <b@example.org>"], list.Unparsed);
    }

    [Theory]
    [InlineData("John Doe", "John Doe <a@example.com>")]
    [InlineData("Doe, John", "\"Doe, John\" <a@example.com>")]
    [InlineData("J. \"Jack\" Doe", "\"J. \\\"Jack\\\" Doe\" <a@example.com>")]
    [InlineData("Jörg", "=?utf-8?Q?J=C3=B6rg?= <a@example.com>")]
    [InlineData("x\r\nBcc: evil@example.net", "\"x  Bcc: evil@example.net\" <a@example.com>")]
    [InlineData("", "a@example.com")]
    public void Writes_names_quoted_or_encoded(string name, string text)
    {
        Assert.Equal(text, new NamedMailbox(name, Mailbox.Parse("a@example.com")).ToHeaderText());
    }

    [Theory]
    [InlineData("a@example.com", true)]
    [InlineData("A B <a@example.com>", true)]
    [InlineData("a@example.com, b@example.com", false)]
    [InlineData("G: a@example.com;", false)]
    [InlineData("A <a@example.com> , nonsense", false)]
    [InlineData("", false)]
    public void Single_address_is_exactly_one(string text, bool isOne)
    {
        Assert.Equal(isOne, NamedMailbox.TryParse(text, out _));
    }

    [Fact]
    public void Number_of_addresses_is_bounded()
    {
        var list = AddressList.Parse(string.Concat(Enumerable.Repeat("a@example.com,", AddressList.MaxAddresses + 5)));

        Assert.Equal(AddressList.MaxAddresses, list.Count);
        Assert.Single(list.Unparsed);
    }

    private static IEnumerable<(string? Name, string Address)> Flatten(JsonElement expected)
    {
        var entries = expected.TryGetProperty("List", out var list)
            ? list.EnumerateArray()
            : expected.GetProperty("Group").EnumerateArray().SelectMany(group => group.GetProperty("addresses").EnumerateArray());
        return entries
            .Where(entry => entry.GetProperty("address").ValueKind == JsonValueKind.String)
            .Select(entry => (entry.GetProperty("name").GetString(), entry.GetProperty("address").GetString()!));
    }
}
