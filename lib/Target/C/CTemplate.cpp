//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Prints functions from text with marks, those that differ in numbers alone as
// one.
//
//===----------------------------------------------------------------------===//

#include "CTemplate.h"
#include "lathe/Target/Common/CLiterals.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Sequence.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/MathExtras.h"

using namespace llvm;

namespace lathe {

//===----------------------------------------------------------------------===//
// Marks
//===----------------------------------------------------------------------===//

// A mark is a letter and what it marks between two control characters, which no
// C that is printed has.
static constexpr char opening = '\1', closing = '\2';

namespace {

/// What is marked, by the letter of the mark.
enum MarkKind : char {
  Number = 'i',
  UnsignedNumber = 'u',
  SizeNumber = 'z',
  Table = 't',
  /// The name of a function that is called.
  CalleeName = 'c',
  /// The end of the arguments of a call of a function.
  CallEnd = 'e'
};

struct Mark {
  MarkKind kind;
  StringRef payload;

  bool isNumber() const {
    return kind == Number || kind == UnsignedNumber || kind == SizeNumber;
  }
};

} // namespace

static std::string mark(MarkKind kind, const Twine &payload) {
  return (Twine(opening) + Twine(static_cast<char>(kind)) + payload +
          Twine(closing))
      .str();
}

std::string markNumber(int64_t value, CNumberUse use) {
  bool isUnsigned = use == CNumberUse::UInt32;
  if (!isInt<32>(value) || value == INT32_MIN || value == 0 || value == 1)
    return isUnsigned ? formatCUnsigned(value) : formatCInteger(value);
  return mark(isUnsigned                ? UnsignedNumber
              : use == CNumberUse::Size ? SizeNumber
                                        : Number,
              Twine(value));
}

std::string markTable(size_t index) { return mark(Table, Twine(index)); }

std::string markCall(StringRef name, StringRef arguments) {
  return mark(CalleeName, name) + "(" + arguments.str() + mark(CallEnd, name) +
         ")";
}

/// Calls `onText` and `onMark` for the parts of `text` in their order.
static void split(StringRef text, function_ref<void(StringRef)> onText,
                  function_ref<void(Mark)> onMark) {
  while (!text.empty()) {
    auto [before, rest] = text.split(opening);
    onText(before);
    if (rest.empty())
      return;
    auto [marked, after] = rest.split(closing);
    onMark({static_cast<MarkKind>(marked.front()), marked.drop_front()});
    text = after;
  }
}

static std::string getLiteral(Mark number) {
  return (number.payload + (number.kind == UnsignedNumber ? "u" : "")).str();
}

std::string unmarkNumbers(StringRef text) {
  std::string result;
  split(
      text, [&](StringRef part) { result += part; },
      [&](Mark part) {
        result +=
            part.isNumber() ? getLiteral(part) : mark(part.kind, part.payload);
      });
  return result;
}

//===----------------------------------------------------------------------===//
// Functions with one form
//===----------------------------------------------------------------------===//

namespace {

/// Functions that differ in numbers and tables alone.
struct Family {
  SmallVector<CFunctionText *> members;
  /// Of each number of the form what it is in each member.
  SmallVector<SmallVector<StringRef>> numbers;
  /// Parameters for the numbers that differ, and their arguments in each
  /// member.
  SmallVector<std::string> parameters;
  SmallVector<SmallVector<StringRef>> arguments;
  /// Of each number the index of its parameter, if it has one.
  SmallVector<std::optional<size_t>> parameterOf;
  /// The parameters for the tables.
  SmallVector<std::string> tableNames;

  void addNumbers();
  void nameParameters();
  bool isWorthSharing() const;
};

/// What takes the place of the calls of a function.
struct SharedCallee {
  std::string name;
  std::string moreArguments;
};

class FunctionsPrinter {
public:
  FunctionsPrinter(CNameScope &scope, raw_ostream &os) : scope(scope), os(os) {}

  void share(std::vector<CFunctionText> &functions, unsigned minShared);
  void print(const CFunctionText &function);

private:
  void printHead(const CFunctionText &function,
                 ArrayRef<std::string> parameters);
  void printBody(const CFunctionText &function, const Family *family);
  void printFamily(const Family &family);

  CNameScope &scope;
  raw_ostream &os;
  std::vector<Family> families;
  DenseMap<const CFunctionText *, const Family *> familyOf;
  StringMap<SharedCallee> callees;
};

} // namespace

/// `parameter` without `restrict`, which may go from any of them.
static std::string dropRestrict(StringRef parameter) {
  auto [before, after] = parameter.split("restrict ");
  return (before + after).str();
}

/// What two functions have in common if they differ in numbers and tables
/// alone; empty for one that is not shared.
static std::string getForm(const CFunctionText &function) {
  std::string form = function.head;
  bool isShared = !function.isPublic && !function.parameters.empty();
  for (const std::string &parameter : function.parameters)
    form += "," + dropRestrict(parameter);
  for (const CTable &table : function.tables)
    form += ";" + table.type + " " + table.name;
  form += "{";
  split(
      function.body, [&](StringRef text) { form += text; },
      [&](Mark part) {
        // Of those that call others the names that are called may be shared
        // themselves, and few are alike.
        isShared &= part.kind != CalleeName;
        form +=
            mark(part.kind, part.kind == Table ? part.payload : StringRef());
      });
  return isShared ? form : "";
}

void Family::addNumbers() {
  for (CFunctionText *member : members) {
    size_t index = 0;
    split(
        member->body, [](StringRef) {},
        [&](Mark part) {
          if (!part.isNumber())
            return;
          if (index == numbers.size())
            numbers.emplace_back();
          numbers[index++].push_back(part.payload);
        });
  }
  for (ArrayRef<StringRef> column : numbers) {
    std::optional<size_t> &parameter = parameterOf.emplace_back();
    if (all_equal(column))
      continue;
    auto *known = find_if(
        arguments, [&](ArrayRef<StringRef> other) { return other == column; });
    parameter = known - arguments.begin();
    if (known == arguments.end())
      arguments.emplace_back(column.begin(), column.end());
  }
}

/// Names the parameters n1, n2 … where the function has no such name yet.
void Family::nameParameters() {
  auto isIdentifier = [](char c) { return isAlnum(c) || c == '_'; };
  StringSet<> taken;
  auto take = [&](StringRef text) {
    while (!text.empty()) {
      StringRef word = text.take_while(isIdentifier);
      taken.insert(word);
      text = text.drop_front(word.size()).drop_until(isIdentifier);
    }
  };
  take(members.front()->body);
  for (const std::string &parameter : members.front()->parameters)
    take(parameter);
  for (const CTable &table : members.front()->tables)
    take(table.name);
  for (size_t number = 1; parameters.size() < arguments.size(); ++number)
    if (std::string name = "n" + utostr(number); !taken.contains(name))
      parameters.push_back(name);
}

/// True if the calls' arguments take less code than the functions do. As
/// arm-none-eabi-gcc 12.2 -Os compiles the kernels of MobileNet for a
/// Cortex-M4, a function has 20 bytes and one for every five characters, and an
/// argument takes five.
bool Family::isWorthSharing() const {
  size_t functionBytes = 20 + members.front()->body.size() / 5;
  size_t argumentBytes =
      5 * (arguments.size() + members.front()->tables.size());
  return (members.size() - 1) * functionBytes > members.size() * argumentBytes;
}

void FunctionsPrinter::share(std::vector<CFunctionText> &functions,
                             unsigned minShared) {
  MapVector<StringRef, Family> byForm;
  StringMap<char> forms;
  for (CFunctionText &function : functions)
    if (std::string form = getForm(function); !form.empty())
      byForm[forms.insert({form, 0}).first->getKey()].members.push_back(
          &function);
  for (auto &[form, family] : byForm) {
    if (family.members.size() < std::max(minShared, 2u))
      continue;
    family.addNumbers();
    family.nameParameters();
    if (family.isWorthSharing())
      families.push_back(std::move(family));
  }
  for (Family &family : families) {
    for (const CTable &table : family.members.front()->tables)
      family.tableNames.push_back(table.name);
    for (auto [index, member] : enumerate(family.members)) {
      familyOf[member] = &family;
      SharedCallee &callee = callees[member->name];
      callee.name = family.members.front()->name;
      for (ArrayRef<StringRef> argument : family.arguments)
        callee.moreArguments += (", " + argument[index]).str();
      for (CTable &table : member->tables) {
        table.name = scope.claim(member->name + "_" + table.name);
        callee.moreArguments += ", &" + table.name;
      }
    }
  }
}

//===----------------------------------------------------------------------===//
// Printing
//===----------------------------------------------------------------------===//

static constexpr size_t maxLineLength = 80;

void FunctionsPrinter::printHead(const CFunctionText &function,
                                 ArrayRef<std::string> parameters) {
  auto [lines, last] = StringRef(function.head).rsplit('\n');
  if (last.empty())
    std::swap(lines, last);
  else
    os << lines << "\n";
  std::string head = (last + " " + function.name).str();
  os << head << "(" << (parameters.empty() ? "void" : "");
  size_t column = head.size() + 1;
  for (auto [index, parameter] : enumerate(parameters)) {
    bool isLast = index + 1 == parameters.size();
    // Behind the parameter come a comma, or a parenthesis and a brace.
    size_t width = parameter.size() + (isLast ? 3 : 1);
    if (index > 0 && column + 1 + width > maxLineLength) {
      os << "\n";
      os.indent(head.size() + 1);
      column = head.size() + 1;
    } else if (index > 0) {
      os << " ";
      ++column;
    }
    os << parameter << (isLast ? "" : ",");
    column += width;
  }
  os << ") {\n";
}

static void printComment(ArrayRef<std::string> lines, raw_ostream &os) {
  if (!lines.empty())
    os << "/* " << join(lines, "\n   ") << " */\n";
}

/// The text of number `part`, for which there is the parameter `name`.
static std::string getArgument(Mark part, StringRef name) {
  StringRef conversion = part.kind == UnsignedNumber ? "(uint32_t)"
                         : part.kind == SizeNumber   ? "(size_t)"
                                                     : "";
  return (conversion + name).str();
}

void FunctionsPrinter::printBody(const CFunctionText &function,
                                 const Family *family) {
  size_t number = 0;
  auto printMark = [&](Mark part) {
    if (part.isNumber()) {
      std::optional<size_t> parameter;
      if (family)
        parameter = family->parameterOf[number++];
      os << (parameter ? getArgument(part, family->parameters[*parameter])
                       : getLiteral(part));
      return;
    }
    if (part.kind == Table) {
      size_t index = 0;
      part.payload.getAsInteger(10, index);
      os << (family ? family->tableNames[index]
                    : "&" + function.tables[index].name);
      return;
    }
    auto callee = callees.find(part.payload);
    bool isCallee = part.kind == CalleeName;
    if (callee != callees.end())
      os << (isCallee ? callee->second.name : callee->second.moreArguments);
    else if (isCallee)
      os << part.payload;
  };
  split(function.body, [&](StringRef text) { os << text; }, printMark);
  os << "}\n";
}

void FunctionsPrinter::printFamily(const Family &family) {
  const CFunctionText &first = *family.members.front();
  for (const CFunctionText *member : family.members)
    for (const CTable &table : member->tables)
      os << "\nstatic const " << table.type << " " << table.name << " = "
         << table.initializer << ";\n";
  // Of all members, which are not as many lines as they would be alone.
  std::vector<std::string> comment;
  for (const CFunctionText *member : family.members)
    append_range(comment, member->comment);
  SmallVector<std::string> parameters;
  for (size_t index : seq<size_t>(first.parameters.size())) {
    bool differ = any_of(family.members, [&](const CFunctionText *member) {
      return member->parameters[index] != first.parameters[index];
    });
    parameters.push_back(differ ? dropRestrict(first.parameters[index])
                                : first.parameters[index]);
  }
  for (const std::string &name : family.parameters)
    parameters.push_back("int32_t " + name);
  for (auto [table, name] : zip(first.tables, family.tableNames))
    parameters.push_back("const " + table.type + " *" + name);
  os << "\n";
  printComment(comment, os);
  printHead(first, parameters);
  printBody(first, &family);
}

void FunctionsPrinter::print(const CFunctionText &function) {
  if (const Family *family = familyOf.lookup(&function)) {
    if (family->members.front() == &function)
      printFamily(*family);
    return;
  }
  os << "\n";
  printComment(function.comment, os);
  printHead(function, function.parameters);
  for (const CTable &table : function.tables)
    os << "  static const " << table.type << " " << table.name << " = "
       << table.initializer << ";\n";
  printBody(function, nullptr);
}

void printFunctions(std::vector<CFunctionText> functions, unsigned minShared,
                    CNameScope &scope, raw_ostream &os) {
  FunctionsPrinter printer(scope, os);
  if (minShared > 0)
    printer.share(functions, minShared);
  for (const CFunctionText &function : functions)
    printer.print(function);
}

} // namespace lathe
